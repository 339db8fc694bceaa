#include "server/pipeline/authenticate.h"

#include <strings.h>

#include "server/guard/page_origin.h"

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

// Something else that is meant to prove who sends it, a password where none is taken, say.
bool has_other_credential(const RequestHead& head) {
  const std::string_view value = head.header("authorization");
  constexpr std::string_view kScheme = "bearer";  // an SDK without a token may send that alone
  return !value.empty() && (value.size() != kScheme.size() ||
                            strncasecmp(value.data(), kScheme.data(), kScheme.size()) != 0);
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

Result<Principal> find_sender(const Directory& directory, const HttpExchange& exchange) {
  return credential_of(exchange.head()).empty() ? find_certified(directory, exchange)
                                                : authenticate(directory, exchange.head());
}

Result<Principal> find_certified(const Directory& directory, const HttpExchange& exchange) {
  const auto& name = exchange.client_user();
  const auto& head = exchange.head();
  // A browser shows a certificate, which only TLS has, whatever page makes it ask.
  const bool is_of_other_page = page_origin_of(head, true) == PageOrigin::kOther;
  if (name.empty() || has_other_credential(head) || is_of_other_page) {
    return tl::unexpected(missing_token());
  }
  auto principal = directory.find_account(name);
  if (principal || principal.error().code != ErrorCode::kNotFound) return principal;
  return tl::unexpected(missing_token());
}

Result<Principal> authenticate(const Directory& directory, const HttpExchange& exchange) {
  auto principal = find_sender(directory, exchange);
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
