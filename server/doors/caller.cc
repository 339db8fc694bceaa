#include "server/doors/caller.h"

#include <algorithm>

#include "common/secrets/secrets.h"
#include "server/pipeline/authenticate.h"

namespace chatgate {
namespace {

bool is_among(const std::vector<std::string>& doors, std::string_view door) {
  return std::find(doors.begin(), doors.end(), door) != doors.end();
}

Result<Caller> find_caller(const RouteParts& parts, const RoutedRequest& request,
                           std::string_view key) {
  if (key.empty()) key = credential_of(request.exchange.head());
  if (key.empty()) {
    auto certified = find_certified(parts.directory, request.exchange);
    if (certified) return Caller{*std::move(certified), {}};
    const bool is_nobody = certified.error().code == ErrorCode::kMissingToken;
    if (is_nobody && takes_guests(request.door.name, request.config()))
      return find_guest(parts, request);
    return tl::unexpected(std::move(certified.error()));
  }
  auto principal = parts.directory.find_principal(key);
  if (principal) return Caller{*std::move(principal), {}};
  const bool may_be_own = principal.error().code == ErrorCode::kInvalidToken &&
                          !is_api_token(key) && takes_own_keys(request) && check_upstream_key(key);
  if (may_be_own) return find_guest(parts, request, key);
  return tl::unexpected(std::move(principal.error()));
}

}  // namespace

// At the bot's door anybody was a guest; elsewhere only those whom a list of addresses lets in.
bool takes_guests(std::string_view door, const Config& config) {
  return is_among(config.guest_doors, door) && (door == "bot" || !config.allow_ips.empty());
}

bool takes_own_keys(const RoutedRequest& request) {
  return is_among(request.config().own_keys, request.door.name);
}

Result<Caller> find_guest(const RouteParts& parts, const RoutedRequest& request,
                          std::string_view own_key) {
  return parts.directory.find_account(request.config().guest_account).map([&](Principal guest) {
    return Caller{std::move(guest), std::string(own_key)};
  });
}

Result<Caller> identify(const RouteParts& parts, const RoutedRequest& request,
                        std::string_view key) {
  auto caller = find_caller(parts, request, key);
  if (caller) note_principal(parts.directory, caller->principal, request.exchange);
  return caller;
}

}  // namespace chatgate
