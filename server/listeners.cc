#include "server/listeners.h"

#include <algorithm>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr const char* kHttp = "http";
constexpr const char* kWebsocket = "websocket";
constexpr const char* kGrpc = "grpc";
constexpr const char* kAdmin = "admin";

TransportLimits limits_of(const Config& config) {
  TransportLimits limits;
  limits.head.uri_bytes_max = static_cast<size_t>(config.uri_bytes_max);
  limits.head.header_bytes_max = static_cast<size_t>(config.header_bytes_max);
  limits.head.headers_max = static_cast<size_t>(config.headers_max);
  limits.body_bytes_max = config.body_bytes_max;
  limits.connections = {config.connections_max, config.connections_per_ip_max};
  limits.header_timeout_ms = config.header_timeout_ms;
  limits.body_timeout_ms = config.body_timeout_ms;
  limits.idle_timeout_ms = config.idle_timeout_ms;
  limits.write_timeout_ms = config.write_timeout_ms;
  return limits;
}

Result<void> listen_or_adopt(HttpListener& listener, const std::string& name,
                             const std::string& address, const SocketsByName& inherited,
                             bool shares_port) {
  const auto given = inherited.find(name);
  return given == inherited.end() ? listener.listen(address, shares_port)
                                  : listener.adopt(given->second.descriptor);
}

}  // namespace

std::map<std::string, std::string> Listeners::addresses_of(const Config& config) {
  std::map<std::string, std::string> addresses{{kHttp, config.listen}};
  if (!config.websocket_listen.empty()) addresses.emplace(kWebsocket, config.websocket_listen);
  if (!config.grpc_listen.empty()) addresses.emplace(kGrpc, config.grpc_listen);
  if (config.admin_listen != "off") addresses.emplace(kAdmin, config.admin_listen);
  return addresses;
}

Result<void> Listeners::open(const Config& config, const SocketsByName& inherited) {
  const auto addresses = addresses_of(config);
  for (const auto& [name, socket] : inherited) {
    if (addresses.contains(name)) continue;
    return fail(ErrorCode::kInvalidArgument,
                "a socket was handed over for " + quote(name) +
                    ", which the configuration does not open: take its socket unit out, or give "
                    "that an address");
  }
  auto opened = open_http(config, inherited);
  if (opened && addresses.contains(kWebsocket)) opened = open_websocket(config, inherited);
  return opened && addresses.contains(kGrpc) ? open_grpc(config, inherited) : opened;
}

Result<void> Listeners::open_http(const Config& config, const SocketsByName& inherited) {
  http_ = std::make_unique<HttpListener>(parts_.loops, parts_.handler, parts_.dialect,
                                         parts_.request_ids, limits_of(config), shared());
  auto opened = listen_or_adopt(*http_, kHttp, config.listen, inherited, config.reuse_port);
  if (opened) include(kHttp, config.listen, inherited, *http_);
  return opened;
}

Result<void> Listeners::open_websocket(const Config& config, const SocketsByName& inherited) {
  auto dialect = parts_.dialect;  // whatever the path, faults are told as at the WebSocket's own
  dialect.render_error = [render = dialect.render_error](const Error& error, std::string_view) {
    return render(error, "/ws");
  };
  websocket_ = std::make_unique<HttpListener>(parts_.loops, parts_.websocket_handler, dialect,
                                              parts_.request_ids, limits_of(config), shared());
  auto opened = listen_or_adopt(*websocket_, kWebsocket, config.websocket_listen, inherited,
                                config.reuse_port);
  if (opened) include(kWebsocket, config.websocket_listen, inherited, *websocket_);
  return opened;
}

Result<void> Listeners::open_grpc(const Config& config, const SocketsByName& inherited) {
  grpc_ = std::make_unique<GrpcListener>(GrpcListenerParts{parts_.loops, parts_.message_handler,
                                                           parts_.request_ids, parts_.access_log,
                                                           parts_.tls, places_});
  const auto given = inherited.find(kGrpc);
  const int socket = given == inherited.end() ? -1 : given->second.descriptor;
  auto opened = grpc_->listen(config, socket);
  if (opened) {
    note(kGrpc, config.grpc_listen, inherited, grpc_->bound_address(), grpc_->descriptor());
  }
  return opened;
}

void Listeners::include(std::string_view name, const std::string& address,
                        const SocketsByName& inherited, HttpListener& listener) {
  offered_http_.emplace_back(name, &listener);
  note(name, address, inherited, listener.bound_address(), listener.descriptor());
}

void Listeners::note(std::string_view name, const std::string& address,
                     const SocketsByName& inherited, std::string bound, int descriptor) {
  const auto given = inherited.find(std::string(name));
  const bool is_activated = given != inherited.end() && given->second.is_activated;
  sockets_.push_back({std::string(name), address, std::move(bound), is_activated, descriptor});
}

void Listeners::note_taken(const std::vector<std::string>& names) { taken_ = names; }

bool Listeners::is_taken(std::string_view name) const {
  return std::ranges::find(taken_, name) != taken_.end();
}

void Listeners::pause() {
  for (const auto& [name, listener] : offered_http_) listener->pause();
  if (grpc_) grpc_->pause();
}

void Listeners::resume() {
  for (const auto& [name, listener] : offered_http_) listener->resume();
  if (grpc_) grpc_->resume();
}

void Listeners::retire() {
  for (const auto& [name, listener] : offered_http_) {
    listener->retire();
    if (!is_taken(name)) listener->stop_listening();
  }
  if (grpc_ && !is_taken(kGrpc)) grpc_->stop_listening();
}

void Listeners::close_idle(int64_t idle_ms_min) {
  for (const auto& [name, listener] : offered_http_) listener->close_idle(idle_ms_min);
}

void Listeners::stop_listening() {
  for (const auto& [name, listener] : offered_http_) listener->stop_listening();
  if (grpc_) grpc_->stop_listening();
}

int64_t Listeners::connections_to_retire(int64_t retired_for_ms) const {
  int64_t count = grpc_ ? grpc_->connections_to_retire(retired_for_ms) : 0;
  for (const auto* listener : all_http()) count += listener->open_connections();
  return count;
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
