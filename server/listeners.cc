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
  return inherited_socket ? http_->adopt(*inherited_socket) : http_->listen(config.listen);
}

void Listeners::set_limits(const Config& config) { http_->set_limits(limits_of(config)); }

void Listeners::drain() { http_->drain(); }

void Listeners::close_all() { http_->close_all(); }

int64_t Listeners::open_connections() const { return http_->open_connections(); }

}  // namespace chatgate
