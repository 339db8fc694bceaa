#include "server/doors/operator.h"

#include "common/messages/messages.h"
#include "common/text/quantity.h"
#include "server/doors/visitor.h"
#include "server/guard/page_origin.h"

namespace chatgate {
namespace {

constexpr std::string_view kName = "admin";

bool is_json(std::string_view content_type) {
  return to_lower(trim(content_type.substr(0, content_type.find(';')))) == "application/json";
}

PageOrigin origin_of(const RoutedRequest& request) {
  return page_origin_of(request.exchange.head(), !request.config().tls_cert.empty());
}

Result<void> check_key(const RouteParts& parts, const RoutedRequest& request,
                       std::string_view given) {
  const bool is_foreign = origin_of(request) == PageOrigin::kOther;
  auto checked = parts.passwords.check_ops_key(given, request.config().ops_key,
                                               visitor_address(request), is_foreign);
  if (!checked) note_failed_login(request, checked.error());
  return checked;
}

}  // namespace

Result<void> check_operator(const RouteParts& parts, const RoutedRequest& request) {
  const auto authorization = request.exchange.head().header("authorization");
  if (!is_basic(authorization)) {
    return fail(ErrorCode::kMissingToken,
                "log in as `" + std::string(kName) + "` with the operations key");
  }
  const auto given = parse_basic_credentials(authorization);
  return check_key(parts, request, given && given->name == kName ? given->password : "");
}

Result<void> check_order(const RouteParts& parts, const RoutedRequest& request) {
  const auto& head = request.exchange.head();
  if (const auto key = head.header("opskey"); !key.empty()) return check_key(parts, request, key);
  const auto origin = origin_of(request);
  const bool has_login = is_basic(head.header("authorization"));
  if (origin == PageOrigin::kOther || (has_login && origin != PageOrigin::kOwn)) {
    return fail(ErrorCode::kRefused, message(request.language(), MessageId::kOwnPageOnly),
                "Authorization");
  }
  if (!has_login) return fail(ErrorCode::kMissingToken, "the operations key is missing");
  if (!is_json(head.header("content-type"))) {
    return fail(ErrorCode::kUnsupportedMediaType, "an order must be application/json");
  }
  return check_operator(parts, request);
}

}  // namespace chatgate
