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

Result<Principal> authenticate(const Directory& directory, const RequestHead& head) {
  std::string_view token = bearer_token(head);
  if (token.empty()) token = head.header("api-key");
  if (token.empty()) {
    return fail(ErrorCode::kMissingToken,
                "you did not provide an API token; send it as `Authorization: Bearer TOKEN`");
  }
  return directory.find_principal(token);
}

}  // namespace chatgate
