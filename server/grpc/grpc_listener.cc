#include "server/grpc/grpc_listener.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>
#include <algorithm>
#include <exception>
#include <limits>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "common/clock.h"
#include "common/log/log.h"
#include "server/doors/asking.h"
#include "server/grpc/grpc_exchange.h"
#include "server/grpc/grpc_loader.h"
#include "server/guard/front_guard.h"
#include "server/transport/coroutine.h"
#include "server/transport/listening_socket.h"
#include "server/transport/tls_endpoint.h"

namespace chatgate {
namespace {

// Of all connections: each has a stack of its own, of which a process may have so many.
constexpr size_t kCallsMax = 16'384;
// How long a drain waits for connections without calls: clients that are alive close them at once.
constexpr int64_t kGoodbyeMs = 1'000;
// Before a connection is refused: a flood shall not make a loop look at all of them each time.
constexpr size_t kLooksMax = 1024;
constexpr std::string_view kPath = "/chat.Chat/Ask";
constexpr std::string_view kTransport = "GRPC";

GrpcTls tls_of(const TlsEndpoint& tls) {
  using Auth = GrpcTls::ClientAuth;
  const auto asked = tls.settings().files.client_auth;
  const auto auth = asked == ClientAuth::kRequired   ? Auth::kRequired
                    : asked == ClientAuth::kOptional ? Auth::kOptional
                                                     : Auth::kOff;
  auto texts = tls.context()->pem_texts();
  return {std::move(texts.certificates), std::move(texts.key), std::move(texts.client_authorities),
          auth};
}

GrpcSettings settings_of(const Config& config, const TlsEndpoint* tls) {
  const auto bounded = [](int64_t value) {
    return static_cast<int>(std::min<int64_t>(value, std::numeric_limits<int>::max()));
  };
  GrpcSettings settings;
  settings.message_bytes_max = bounded(config.grpc_message_bytes_max);
  settings.metadata_bytes_max = bounded(config.header_bytes_max);
  settings.handshake_timeout_ms = bounded(config.header_timeout_ms);
  settings.idle_timeout_ms = bounded(config.idle_timeout_ms);
  settings.metadata = grpc_metadata_names();
  if (tls != nullptr) settings.tls = tls_of(*tls);
  return settings;
}

// The account that a client's certificate proves, as gRPC has verified it.
std::string user_of(const TlsEndpoint& tls, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bytes(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr), X509_free);
  return certificate ? tls.account_of(describe_certificate(*certificate)) : std::string();
}

Result<Question> question_of(GrpcQuestion& question) {
  if (question.fault != GrpcQuestion::Fault::kNone) {
    return fail(ErrorCode::kInvalidArgument, end_of_fault(question.fault).message);
  }
  if (question.conversation_id.empty()) question.conversation_id = kNewConversation;
  return Question{std::move(question.conversation_id), std::move(question.parent_id),
                  std::move(question.prompt)};
}

// Ends a call that is posted to a loop and never gets its turn.
class CallGuard {
 public:
  explicit CallGuard(std::shared_ptr<GrpcCallState> state) : state_(std::move(state)) {}
  ~CallGuard() { state_->finish({grpc_status_of(503), "the gateway stops", {}}); }
  CallGuard(const CallGuard&) = delete;
  CallGuard& operator=(const CallGuard&) = delete;

 private:
  const std::shared_ptr<GrpcCallState> state_;
};

}  // namespace

// The calls under way. The module keeps a share of it.
class GrpcListener::Calls final : public GrpcHandler, public std::enable_shared_from_this<Calls> {
 public:
  explicit Calls(GrpcListenerParts parts) : parts_(std::move(parts)) {}

  std::shared_ptr<GrpcObserver> ask(GrpcQuestion question, std::unique_ptr<GrpcCall> call) override;
  void on_log(bool is_fault, std::string_view text) override;

  int64_t count() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int64_t>(states_.size());
  }
  // REQUIRES: no loop runs.
  void finish_all();

  std::atomic<int64_t> write_timeout_ms = 60'000;

 private:
  void forget(GrpcCallState& state);
  void answer(const std::shared_ptr<GrpcCallState>& state, GrpcQuestion question);

  GrpcListenerParts parts_;
  std::atomic<size_t> next_loop_ = 0;
  std::atomic<int64_t> next_error_ms_ = 0;
  mutable std::mutex mutex_;
  std::unordered_set<std::shared_ptr<GrpcCallState>> states_;
};

std::shared_ptr<GrpcObserver> GrpcListener::Calls::ask(GrpcQuestion question,
                                                       std::unique_ptr<GrpcCall> call) {
  auto& loop = *parts_.loops[next_loop_++ % parts_.loops.size()];
  auto state = std::make_shared<GrpcCallState>(
      loop, std::move(call),
      [calls = shared_from_this()](GrpcCallState& ended) { calls->forget(ended); });
  bool is_too_many = false;
  {
    const std::lock_guard lock(mutex_);
    is_too_many = states_.size() >= kCallsMax;
    if (!is_too_many) states_.insert(state);
  }
  if (is_too_many) {
    state->finish({grpc_status_of(429), "too many calls at once; try again later", {}});
    return state;
  }
  loop.post([self = shared_from_this(), guard = std::make_shared<CallGuard>(state), state,
             question = std::move(question)]() mutable {
    try {
      Coroutine::spawn(state->loop(),
                       [self, guard, state, question = std::move(question)]() mutable {
                         self->answer(state, std::move(question));
                       });
    } catch (const std::exception& error) {  // memory runs out, say: it costs this one call
      log::error("call_not_served", {{"reason", std::string_view(error.what())}});
    }
  });
  return state;
}

void GrpcListener::Calls::forget(GrpcCallState& state) {
  const std::lock_guard lock(mutex_);
  states_.erase(std::static_pointer_cast<GrpcCallState>(state.shared_from_this()));
}

void GrpcListener::Calls::answer(const std::shared_ptr<GrpcCallState>& state,
                                 GrpcQuestion question) {
  MessageOrigin origin{ip_of_peer(question.peer), std::string(kPath), kTransport,
                       std::move(question.metadata)};
  if (parts_.tls != nullptr && !question.certificate.empty()) {
    Coroutine::current()->run_on_loop_stack(
        [&] { origin.client_user = user_of(*parts_.tls, question.certificate); });
  }
  GrpcExchange exchange(state, parts_.request_ids.next(), origin, question.prompt.size(),
                        &parts_.access_log, write_timeout_ms);
  auto asked = question_of(question);
  if (!asked) exchange.set_fault_status(end_of_fault(question.fault).status);
  try {
    parts_.handler(exchange, std::move(asked));
  } catch (const std::exception& error) {
    log::error("request_failed_inside", {{"reason", std::string_view(error.what())}});
    exchange.answer(500, {}, "internal error");
  }
  exchange.finish_call();
}

// Of what is wrong here one line a second is enough.
void GrpcListener::Calls::on_log(bool is_fault, std::string_view text) {
  if (!is_fault) return log::debug("grpc", {{"message", text}});
  const int64_t now_ms = system_clock().steady_ms();
  int64_t next_ms = next_error_ms_;
  if (now_ms < next_ms || !next_error_ms_.compare_exchange_strong(next_ms, now_ms + 1000)) return;
  log::warn("grpc", {{"message", text}});
}

void GrpcListener::Calls::finish_all() {
  std::unordered_set<std::shared_ptr<GrpcCallState>> states;
  {
    const std::lock_guard lock(mutex_);
    states = states_;
  }
  for (const auto& state : states) {
    state->cancel();
    state->finish({grpc_status_of(503), "the gateway stops", {}});
  }
}

GrpcListener::GrpcListener(GrpcListenerParts parts)
    : tls_(parts.tls),
      places_(parts.places),
      calls_(std::make_shared<Calls>(parts)),
      acceptor_(*parts.loops.front(), parts.places,
                [this](int socket, const std::string& ip) { take(socket, ip); }) {
  places_.when_full([this] { look_for_places(); });
}

// The order is that of grpc_module.h: calls, then connections, then the server, which waits for
// both.
GrpcListener::~GrpcListener() {
  for (const auto& server : servers_) server->grpc->drain();
  calls_->finish_all();
  cut_connections();
  servers_.clear();
}

Result<void> GrpcListener::listen(const Config& config, int socket) {
  const auto opened = socket >= 0 ? Result<int>(socket)
                                  : open_listening_socket(config.grpc_listen, config.reuse_port);
  if (!opened) return tl::unexpected(opened.error());
  if (auto adopted = adopt_listening_socket(*opened); !adopted) return adopted;
  bound_address_ = bound_address_of(*opened);
  acceptor_.start(*opened);
  settings_ = settings_of(config, tls_);
  {
    const std::lock_guard lock(servers_mutex_);
    if (auto added = add_server(); !added) return added;
  }
  set_limits(config);
  return {};
}

void GrpcListener::set_limits(const Config& config) {
  calls_->write_timeout_ms = config.write_timeout_ms;
  acceptor_.set_limits({{config.connections_max, config.connections_per_ip_max},
                        front_rules_of(config).value().denied});
  auto settings = settings_of(config, tls_);
  const std::lock_guard lock(servers_mutex_);
  if (settings == settings_) return;
  std::swap(settings, settings_);
  if (is_draining_) return;
  if (auto added = add_server(); !added) {
    settings_ = std::move(settings);
    log::error("grpc_not_renewed", {{"reason", std::string_view(added.error().message)}});
  }
}

Result<void> GrpcListener::add_server() {
  auto started = start_grpc_server(settings_, calls_);
  if (!started) return tl::unexpected(std::move(started.error()));
  servers_.push_back(std::make_unique<Server>(std::move(*started), places_));
  return {};
}

// Not before the last connection has gone is a server of gRPC's drained, for then it may cancel a
// call that has just come. A call may outlive its connection: its coroutine still reads the answer.
bool GrpcListener::end_old_servers() {
  const std::lock_guard lock(servers_mutex_);
  for (size_t i = 0; i + 1 < servers_.size(); ++i) {
    if (servers_[i]->connections.count() == 0) servers_[i]->grpc->drain();
  }
  std::erase_if(servers_, [](const auto& server) { return server->grpc->has_ended(); });
  return servers_.size() > 1;
}

void GrpcListener::take(int socket, const std::string& ip) {
  const std::lock_guard lock(servers_mutex_);
  if (is_draining_) {  // gRPC would neither serve nor close it
    ::close(socket);
    places_.give_back(ip);
    return;
  }
  servers_.back()->connections.add(socket, ip);
  servers_.back()->grpc->take(socket);
}

void GrpcListener::look_for_places() {
  const std::lock_guard lock(servers_mutex_);
  for (const auto& server : servers_) server->connections.forget_closed(kLooksMax);
}

void GrpcListener::cut_connections() {
  const std::lock_guard lock(servers_mutex_);
  for (const auto& server : servers_) server->connections.cut();
}

int64_t GrpcListener::count_connections() {
  const std::lock_guard lock(servers_mutex_);
  int64_t count = 0;
  for (const auto& server : servers_) count += server->connections.count();
  return count;
}

void GrpcListener::drain() {
  if (is_draining_.exchange(true)) return;
  acceptor_.stop();
  const std::lock_guard lock(servers_mutex_);
  for (const auto& server : servers_) server->grpc->drain();
}

void GrpcListener::close_all() {
  drain();
  cut_connections();
}

// One that is older has only calls that never end, such as to watch the health.
int64_t GrpcListener::connections_to_retire(int64_t retired_for_ms) {
  const int64_t calls = calls_->count();
  const bool are_all_old = retired_for_ms > GrpcSettings().connection_age_ms * 5 / 4;
  return calls > 0 || are_all_old ? calls : count_connections();
}

int64_t GrpcListener::open_connections() {
  const int64_t calls = calls_->count();
  if (!is_draining_ || calls > 0) {
    goodbye_until_ms_ = -1;
    return calls;
  }
  const int64_t now_ms = system_clock().steady_ms();
  if (goodbye_until_ms_ < 0) goodbye_until_ms_ = now_ms + kGoodbyeMs;
  return now_ms < goodbye_until_ms_ ? count_connections() : 0;
}

}  // namespace chatgate
