#include "server/doors/visitor.h"

#include <sodium.h>
#include <strings.h>

#include "common/log/log.h"
#include "server/guard/client_address.h"
#include "server/pipeline/authenticate.h"

namespace chatgate {
namespace {

constexpr std::string_view kBasic = "basic ";

std::string_view address_of(const RoutedRequest& request) {
  return client_address(request.exchange.client_ip(), request.exchange.head(),
                        request.runtime->front.trusted_proxies);
}

}  // namespace

bool is_basic(std::string_view authorization) {
  return authorization.size() >= kBasic.size() &&
         strncasecmp(authorization.data(), kBasic.data(), kBasic.size()) == 0;
}

std::optional<BasicCredentials> parse_basic_credentials(std::string_view authorization) {
  if (!is_basic(authorization)) return std::nullopt;
  authorization.remove_prefix(kBasic.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  std::string plain(authorization.size() + 1, '\0');  // never empty: libsodium wants an address
  size_t length = 0;
  const char* end = nullptr;
  const bool is_decoded = sodium_base642bin(reinterpret_cast<uint8_t*>(plain.data()), plain.size(),
                                            authorization.data(), authorization.size(), nullptr,
                                            &length, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
                          end == authorization.data() + authorization.size();
  if (!is_decoded) return std::nullopt;
  plain.resize(length);
  const size_t colon = plain.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return BasicCredentials{plain.substr(0, colon), plain.substr(colon + 1)};
}

IpAddress visitor_address(const RoutedRequest& request) {
  return parse_client_address(address_of(request)).value_or(IpAddress{});
}

void note_failed_login(const RoutedRequest& request, const Error& error) {
  if (error.code != ErrorCode::kInvalidToken) return;
  log::warn("login_failed", {{"client", address_of(request)},
                             {"path", std::string_view(request.path)},
                             {"reason", std::string_view(error.message)}});
}

Result<Visitor> identify_visitor(const RouteParts& parts, const RoutedRequest& request) {
  const auto& head = request.exchange.head();
  const auto authorization = head.header("authorization");
  if (!is_basic(authorization)) {
    return find_sender(parts.directory, request.exchange).map([](Principal principal) {
      return Visitor{std::move(principal), false};
    });
  }
  const auto given = parse_basic_credentials(authorization);
  if (!given) return fail(ErrorCode::kInvalidToken, "the name or the password is wrong");
  auto principal = parts.passwords.log_in(given->name, given->password, visitor_address(request));
  if (!principal) {
    note_failed_login(request, principal.error());
    return tl::unexpected(std::move(principal.error()));
  }
  return Visitor{*std::move(principal), true};
}

}  // namespace chatgate
