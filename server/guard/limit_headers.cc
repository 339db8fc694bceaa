#include "server/guard/limit_headers.h"

#include <string>

namespace chatgate {
namespace {

// As OpenAI writes durations: "120ms", "1.5s", "6m0s".
std::string format_reset(int64_t ms) {
  if (ms < 1000) return std::to_string(ms) + "ms";
  const int64_t minutes = ms / 60'000;
  const int64_t rest_ms = ms % 60'000;
  std::string seconds = std::to_string(rest_ms / 1000);
  if (rest_ms % 1000 != 0) {
    std::string fraction = std::to_string(1000 + rest_ms % 1000).substr(1);
    while (fraction.back() == '0') fraction.pop_back();
    seconds += "." + fraction;
  }
  return (minutes > 0 ? std::to_string(minutes) + "m" : "") + seconds + "s";
}

void add_side(HeaderList& headers, const char* kind, const LimitStatus::Side& side) {
  const std::string prefix = "x-ratelimit-";
  headers.emplace_back(prefix + "limit-" + kind, std::to_string(side.limit));
  headers.emplace_back(prefix + "remaining-" + kind, std::to_string(side.remaining));
  headers.emplace_back(prefix + "reset-" + kind, format_reset(side.reset_ms));
}

}  // namespace

void add_limit_headers(const LimitStatus& status, HeaderList& headers) {
  if (status.requests) add_side(headers, "requests", *status.requests);
  if (status.tokens) add_side(headers, "tokens", *status.tokens);
}

}  // namespace chatgate
