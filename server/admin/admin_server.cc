#include "server/admin/admin_server.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/net/address.h"
#include "common/text/quantity.h"
#include "server/pipeline/pipeline.h"

namespace chatgate {
namespace {

constexpr size_t kWaitingScrapesMax = 4;

TransportLimits limits() {
  TransportLimits limits;
  limits.body_bytes_max = 0;
  limits.connections.connections_max = 32;
  limits.header_timeout_ms = 10'000;
  limits.idle_timeout_ms = 300'000;  // scrapers come back every minute or so
  limits.write_timeout_ms = 10'000;
  return limits;
}

RenderedError in_words(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text) + "\n"};
}

HttpDialect plain_dialect() {
  HttpDialect dialect;
  dialect.render_error = [](const Error& error, std::string_view) {
    return in_words(traits_of(error.code).http_status, error.message);
  };
  dialect.own_headers = [](RequestId, int64_t) {
    return HeaderList{{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  };
  return dialect;
}

void say(HttpExchange& exchange, int status, std::string text) {
  auto rendered = in_words(status, std::move(text));
  exchange.answer(status, std::move(rendered.headers), std::move(rendered.body));
}

}  // namespace

AdminServer::AdminServer(AdminParts parts)
    : parts_(std::move(parts)),
      listener_(
          {&parts_.contexts.front()->loop}, [this](HttpExchange& exchange) { answer(exchange); },
          plain_dialect(), parts_.request_ids, limits()) {
  parts_.sources.listeners.push_back({"admin", &listener_});
}

Result<void> AdminServer::listen(const std::string& address, int socket) {
  renderer_ = std::make_unique<SlowWork>(1, kWaitingScrapesMax);
  return socket >= 0 ? listener_.adopt(socket) : listener_.listen(address);
}

void AdminServer::answer(HttpExchange& exchange) {
  const auto& head = exchange.head();
  if (!is_own_host(head.header("host"))) {
    return say(exchange, 403, "ask by address or as localhost; other names are refused");
  }
  const bool is_metrics = exchange.path() == "/metrics";
  if (!is_metrics && exchange.path() != "/healthz") {
    return say(exchange, 404, "there is /metrics and /healthz here");
  }
  if (head.method != "GET" && head.method != "HEAD") {
    auto rendered = in_words(405, "use GET or HEAD");
    rendered.headers.emplace_back("Allow", "GET, HEAD");
    return exchange.answer(405, std::move(rendered.headers), std::move(rendered.body));
  }
  is_metrics ? answer_metrics(exchange) : say(exchange, 200, "ok");
}

void AdminServer::answer_metrics(HttpExchange& exchange) {
  const auto& runtime = parts_.contexts.front()->runtime;
  const MetricsPage page(parts_.sources, runtime ? runtime->pool : nullptr);
  std::string text;
  if (!renderer_->run([&] { text = page.render(); })) {
    return say(exchange, 503, "too many scrapes at the same time");
  }
  exchange.answer(200, {{"Content-Type", std::string(MetricsPage::kContentType)}}, std::move(text));
}

Result<std::unique_ptr<AdminServer>> open_admin_server(const std::string& admin_listen,
                                                       bool is_default, int socket,
                                                       AdminParts parts) {
  if (admin_listen == "off") return nullptr;
  auto server = std::make_unique<AdminServer>(std::move(parts));
  auto listening = server->listen(admin_listen, socket);
  if (listening && !is_private(server->address())) {
    return fail(ErrorCode::kInvalidArgument,
                "the socket that was handed over for \"admin\" listens on " + server->address() +
                    ", where others than this machine and its private networks could read the "
                    "metrics: give its unit a private address");
  }
  if (listening) return server;
  if (!is_default) {
    return fail(listening.error().code, "admin_listen: " + listening.error().message);
  }
  log::warn("no_metrics", {{"reason", std::string_view(listening.error().message)}});
  return nullptr;
}

bool is_own_host(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    return end != std::string_view::npos && parse_ip_address(host.substr(1, end - 1)).has_value();
  }
  const auto name = host.substr(0, host.find(':'));
  return host.empty() || to_lower(name) == "localhost" || parse_ip_address(name).has_value();
}

}  // namespace chatgate
