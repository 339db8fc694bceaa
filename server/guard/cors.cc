#include "server/guard/cors.h"

#include <algorithm>

#include "common/text/quantity.h"
#include "server/transport/character_class.h"

namespace chatgate {
namespace {

constexpr const char* kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr const char* kExposed =
    "x-request-id, openai-processing-ms, retry-after, retry-after-ms, x-should-retry, "
    "x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, "
    "x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens";
constexpr const char* kMaxAgeSeconds = "7200";  // browsers keep it no longer
constexpr size_t kRequestedBytesMax = 4096;

std::string normal_form(std::string_view origin) {
  while (origin.ends_with('/')) origin.remove_suffix(1);
  return to_lower(origin);
}

// "authorization,content-type": names, commas and blanks, nothing that could end the header.
bool is_list_of_names(std::string_view text) {
  return !text.empty() && text.size() <= kRequestedBytesMax &&
         std::ranges::all_of(
             text, [](char c) { return c == ',' || c == ' ' || is_in_class(c, kTokenCharacter); });
}

void add_origin(std::string_view origin, const CorsRules& rules, HeaderList& headers) {
  if (rules.allows_all()) return headers.emplace_back("Access-Control-Allow-Origin", "*"), void();
  headers.emplace_back("Vary", "Origin");
  if (rules.allows(origin)) headers.emplace_back("Access-Control-Allow-Origin", origin);
}

}  // namespace

CorsRules::CorsRules(const std::vector<std::string>& origins) {
  for (const auto& origin : origins) {
    if (origin == "*") allows_all_ = true;
    origins_.push_back(normal_form(origin));
  }
  std::ranges::sort(origins_);
}

bool CorsRules::allows(std::string_view origin) const {
  return allows_all_ || std::ranges::binary_search(origins_, normal_form(origin));
}

bool is_preflight(const RequestHead& head) {
  return head.method == "OPTIONS" && !head.header("access-control-request-method").empty() &&
         !head.header("origin").empty();
}

HeaderList cors_headers(const RequestHead& head, const CorsRules& rules) {
  HeaderList headers;
  const std::string_view origin = head.header("origin");
  if (origin.empty()) return headers;
  add_origin(origin, rules, headers);
  if (rules.allows(origin)) headers.emplace_back("Access-Control-Expose-Headers", kExposed);
  return headers;
}

HeaderList preflight_headers(const RequestHead& head, const CorsRules& rules) {
  HeaderList headers;
  const std::string_view origin = head.header("origin");
  add_origin(origin, rules, headers);
  if (!rules.allows(origin)) return headers;
  headers.emplace_back("Access-Control-Allow-Methods", kMethods);
  const std::string_view requested = head.header("access-control-request-headers");
  if (is_list_of_names(requested)) headers.emplace_back("Access-Control-Allow-Headers", requested);
  headers.emplace_back("Access-Control-Max-Age", kMaxAgeSeconds);
  return headers;
}

}  // namespace chatgate
