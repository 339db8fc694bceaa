#include "server/pipeline/authenticate.h"

#include <strings.h>

namespace chatgate {
namespace {

std::string_view bearer_token(const RequestHead& head) {
  constexpr std::string_view kScheme = "bearer ";
  std::string_view value = head.header("authorization");
  if (value.size() <= kScheme.size() ||
      strncasecmp(value.data(), kScheme.data(), kScheme.size()) != 0) {
    return {};
  }
  value.remove_prefix(kScheme.size());
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value;
}

}  // namespace

std::string_view credential_of(const RequestHead& head) {
  const std::string_view token = bearer_token(head);
  return token.empty() ? head.header("api-key") : token;
}

Error missing_token() {
  return {ErrorCode::kMissingToken,
          "you did not provide an API token; send it as `Authorization: Bearer TOKEN`"};
}

Result<Principal> authenticate(const Directory& directory, const RequestHead& head) {
  const std::string_view token = credential_of(head);
  if (token.empty()) return tl::unexpected(missing_token());
  return directory.find_principal(token);
}

Result<Principal> authenticate(const Directory& directory, const HttpExchange& exchange) {
  auto principal = authenticate(directory, exchange.head());
  if (principal) note_principal(directory, *principal, exchange);
  return principal;
}

void note_principal(const Directory& directory, const Principal& principal,
                    const HttpExchange& exchange) {
  const auto record = exchange.access_record();
  if (!record) return;
  record->user = directory.name_of_user(principal.user_id);
  record->token = principal.token_prefix;
  record->unit = principal.unit.code;
}

}  // namespace chatgate
