// For load balancers and supervisors, without a token: GET /healthz says that the process answers,
// GET /readyz that it can also write the books and knows an upstream that is not set aside.

#include "server/routes.h"

namespace chatgate {

void answer_healthz(const RouteParts&, const RoutedRequest& request) {
  if (!allow_methods(request, "GET, HEAD")) return;
  answer_json(request.exchange, R"({"status":"ok"})");
}

void answer_readyz(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request, "GET, HEAD")) return;
  const bool store = parts.writer.is_healthy();
  const bool upstream = request.context.runtime->pool->is_any_available();
  const std::string body = std::string(R"({"status":")") +
                           (store && upstream ? "ready" : "not ready") + R"(","store":)" +
                           (store ? "true" : "false") + R"(,"upstream":)" +
                           (upstream ? "true" : "false") + "}";
  request.exchange.answer(store && upstream ? 200 : 503, {{"Content-Type", "application/json"}},
                          body);
}

}  // namespace chatgate
