// /admin of the door `web`: a page over the orders of /accounts, for people who have the operations
// key. It holds no account by itself: its script asks /accounts for them (operator.h says why other
// pages cannot do so in its name). Closed where no key is configured.

#include "common/messages/messages.h"
#include "server/doors/admin_files.h"
#include "server/doors/operator.h"
#include "server/routes.h"

namespace chatgate {
namespace {

// Names and settings of accounts are what strangers chose. The page writes them as text alone;
// should it ever do otherwise, the browser runs none of it.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

void add_headers(HttpExchange& exchange) {
  exchange.add_header("Cache-Control", "no-store");
  exchange.add_header("Content-Security-Policy", kContentSecurityPolicy);
  exchange.add_header("X-Content-Type-Options", "nosniff");
  exchange.add_header("X-Frame-Options", "DENY");
  exchange.add_header("Referrer-Policy", "no-referrer");
  exchange.add_header("Cross-Origin-Opener-Policy", "same-origin");
  exchange.add_header("Cross-Origin-Resource-Policy", "same-origin");
  exchange.add_header("Vary", "Accept-Language");
}

}  // namespace

void answer_admin(const RouteParts& parts, const RoutedRequest& request) {
  const auto nothing_here = [&] {
    answer_error(request,
                 {ErrorCode::kNotFound, message(request.language(), MessageId::kNotFound)});
  };
  add_headers(request.exchange);
  if (request.config().ops_key.empty()) return nothing_here();
  if (!allow_methods(request, "GET, HEAD")) return;
  if (auto checked = check_operator(parts, request); !checked) {
    return answer_error(request, checked.error());
  }
  const auto* file = find_admin_file(request.rest);
  if (file == nullptr) return nothing_here();
  request.exchange.answer(
      200, {{"Content-Type", std::string(file->content_type)}},
      file->name.empty() ? render_admin_page(request.language()) : std::string(file->text));
}

}  // namespace chatgate
