#include "server/listeners.h"

namespace chatgate {
namespace {

TransportLimits limits_of(const Config& config) {
  TransportLimits limits;
  limits.head.uri_bytes_max = static_cast<size_t>(config.uri_bytes_max);
  limits.head.header_bytes_max = static_cast<size_t>(config.header_bytes_max);
  limits.head.headers_max = static_cast<size_t>(config.headers_max);
  limits.body_bytes_max = config.body_bytes_max;
  limits.connections_max = config.connections_max;
  limits.connections_per_ip_max = config.connections_per_ip_max;
  limits.header_timeout_ms = config.header_timeout_ms;
  limits.body_timeout_ms = config.body_timeout_ms;
  limits.idle_timeout_ms = config.idle_timeout_ms;
  limits.write_timeout_ms = config.write_timeout_ms;
  return limits;
}

}  // namespace

Result<void> Listeners::open(const Config& config, std::optional<int> inherited_socket) {
  http_ = std::make_unique<HttpListener>(parts_.loops, parts_.handler, parts_.dialect,
                                         parts_.request_ids, limits_of(config), &parts_.access_log,
                                         parts_.tls);
  auto opened = inherited_socket ? http_->adopt(*inherited_socket) : http_->listen(config.listen);
  if (opened && !config.websocket_listen.empty()) opened = open_websocket(config);
  return opened && !config.grpc_listen.empty() ? open_grpc(config) : opened;
}

Result<void> Listeners::open_websocket(const Config& config) {
  auto dialect = parts_.dialect;  // whatever the path, faults are told as at the WebSocket's own
  dialect.render_error = [render = dialect.render_error](const Error& error, std::string_view) {
    return render(error, "/ws");
  };
  websocket_ = std::make_unique<HttpListener>(parts_.loops, parts_.websocket_handler, dialect,
                                              parts_.request_ids, limits_of(config),
                                              &parts_.access_log, parts_.tls);
  return websocket_->listen(config.websocket_listen);
}

Result<void> Listeners::open_grpc(const Config& config) {
  grpc_ = std::make_unique<GrpcListener>(GrpcListenerParts{
      parts_.loops, parts_.message_handler, parts_.request_ids, parts_.access_log, parts_.tls});
  return grpc_->listen(config);
}

std::vector<HttpListener*> Listeners::all_http() const {
  std::vector<HttpListener*> all;
  for (auto* listener : {http_.get(), websocket_.get()}) {
    if (listener != nullptr) all.push_back(listener);
  }
  return all;
}

void Listeners::set_limits(const Config& config) {
  for (auto* listener : all_http()) listener->set_limits(limits_of(config));
  if (grpc_) grpc_->set_limits(config);
}

void Listeners::drain() {
  for (auto* listener : all_http()) listener->drain();
  if (grpc_) grpc_->drain();
}

void Listeners::close_all() {
  for (auto* listener : all_http()) listener->close_all();
  if (grpc_) grpc_->close_all();
}

int64_t Listeners::open_connections() const {
  int64_t count = grpc_ ? grpc_->open_connections() : 0;
  for (const auto* listener : all_http()) count += listener->open_connections();
  return count;
}

}  // namespace chatgate
