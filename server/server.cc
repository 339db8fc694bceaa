#include "server/server.h"

#include <sys/resource.h>
#include <algorithm>

#include "common/log/access_log.h"
#include "common/log/log.h"
#include "common/net/address.h"
#include "server/admin/admin_server.h"
#include "server/announcement.h"
#include "server/books/open_books.h"
#include "server/books/standing_accounts.h"
#include "server/control/control_server.h"
#include "server/control/inflight.h"
#include "server/demo/demo_upstream.h"
#include "server/doors/asking.h"
#include "server/guard/password_guard.h"
#include "server/listeners.h"
#include "server/pipeline/pipeline.h"
#include "server/pipeline/running_jobs.h"
#include "server/routes.h"
#include "server/signals.h"
#include "server/supervisor.h"
#include "server/takeover/upgrade.h"
#include "server/tls_start.h"
#include "server/transport/coroutine.h"
#include "server/transport/loops.h"
#include "server/transport/tls_endpoint.h"
#include "server/wire/error_envelope.h"

namespace chatgate {
namespace {

constexpr int64_t kPollMs = 50;
constexpr int64_t kFileWatchMs = 5'000;
constexpr int64_t kCutMsMax = 2'000;
// How long a retired gateway waits for the next request of a kept connection, which may be on its
// way.
constexpr int64_t kRetiredIdleMs = 30'000;
constexpr int64_t kCloseIdleMs = 500;  // between two looks at them

void set_log_level(const Config& config) {
  const auto& name = config.log_level;
  log::set_level(name == "debug"   ? log::Level::kDebug
                 : name == "warn"  ? log::Level::kWarn
                 : name == "error" ? log::Level::kError
                                   : log::Level::kInfo);
}

void set_log_format(const Config& config) {
  log::set_format(log::format_of(config.log_format).value_or(log::Format::kText));
}

RotationRules rotation_of(const Config& config) {
  return {config.access_log_bytes_max, config.access_log_files};
}

// Whether nobody has given the key a value.
bool is_default(const LoadedConfig& loaded, std::string_view key) {
  return std::any_of(loaded.origins.begin(), loaded.origins.end(), [&](const auto& origin) {
    return origin.key == key && origin.origin == "default";
  });
}

// Each stream takes two descriptors.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Of the database's tokens. None is a valid state: none may be needed.
Result<std::optional<MasterKey>> read_master_key(const Config& config) {
  auto key = load_master_key(config.master_key_file);
  if (key) return std::optional<MasterKey>(*key);
  if (key.error().code == ErrorCode::kNotFound) return std::optional<MasterKey>();
  return tl::unexpected(key.error());
}

class Server {
 public:
  Server(std::string config_file, ConfigFlags flags, bool may_take_over)
      : config_file_(std::move(config_file)),
        flags_(std::move(flags)),
        may_take_over_(may_take_over) {}

  Result<int> run();

 private:
  Result<void> read_config();
  Result<void> check_demo(const std::string& listen) const;
  Result<void> listen();
  Result<void> listen_for_admin();
  Result<void> listen_for_control();
  Announcement announcement() const;
  void set_runtime();
  void reload();
  void keep_what_needs_a_start(Config& fresh) const;
  void reload_access_log(Config& fresh);
  void keep_standing_accounts(Config& fresh) const;
  HttpDialect dialect();
  std::vector<LoopContext*> all_contexts() const;
  LoopContext& context_of(const EventLoop& loop);
  Result<void> take_place();
  void look_after_certificates();
  int serve_until_stopped();
  bool finish_retirement();
  void end();
  int drain();
  int64_t count_running() const;
  void cut_connections();

  std::string config_file_;
  ConfigFlags flags_;
  const bool may_take_over_;
  sigset_t signals_{};
  SocketsByName inherited_sockets_;
  Config config_;
  bool is_demo_ = false;
  bool is_admin_listen_default_ = true;
  AccessLog access_log_{system_clock()};  // ends last: its lines come out of all other parts

  std::optional<MasterKey> master_key_;
  Books books_{system_clock()};
  FrontGuard guard_{system_clock()};
  std::unique_ptr<Loops> loops_;
  std::vector<std::unique_ptr<LoopContext>> contexts_;
  std::unique_ptr<TlsEndpoint> tls_;  // null: no TLS
  std::unique_ptr<PasswordGuard> passwords_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<HttpListener> demo_;
  std::unique_ptr<Listeners> listeners_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<ControlServer> control_;
  Upgrade upgrade_;
  int64_t idle_closed_ms_ = 0;
  int64_t retired_ms_ = 0;  // when another process took over; 0: none has
};

Result<int> Server::run() {
  signals_ = block_signals();
  raise_file_limit();
  auto sockets = take_inherited_sockets();
  if (!sockets) return tl::unexpected(sockets.error());
  inherited_sockets_ = std::move(*sockets);
  if (auto read = read_config(); !read) return tl::unexpected(read.error());
  if (auto opened = access_log_.use(config_.access_log, rotation_of(config_)); !opened) {
    return fail(opened.error().code, "access_log: " + opened.error().message);
  }
  auto tls = start_tls(config_);
  if (!tls) return tl::unexpected(tls.error());
  tls_ = std::move(*tls);
  auto lock = upgrade_.take_lock(config_.db, may_take_over_);
  if (!lock) return tl::unexpected(lock.error());
  auto opened = books_.open(config_, is_demo_, std::move(*lock), upgrade_.lane());
  if (!opened) return tl::unexpected(opened.error());
  loops_ = std::make_unique<Loops>(config_.loops);
  for (auto* loop : loops_->all()) contexts_.push_back(std::make_unique<LoopContext>(*loop));
  inherited_sockets_ = upgrade_.sockets(config_, std::move(inherited_sockets_));
  if (auto listening = listen(); !listening) return tl::unexpected(listening.error());
  if (auto listening = listen_for_admin(); !listening) return tl::unexpected(listening.error());
  if (auto taken = take_place(); !taken) return tl::unexpected(taken.error());
  loops_->start();
  if (auto listening = listen_for_control(); !listening) {
    log::warn("no_control_socket", {{"reason", std::string_view(listening.error().message)}});
  }
  announce(announcement());
  tell_supervisor_ready();
  const int status = serve_until_stopped();
  end();
  return status;
}

void Server::end() {
  upgrade_.use_control(nullptr);
  control_.reset();
  upgrade_.prepare_end();
  loops_->stop();
  admin_.reset();
  books_.close();
  upgrade_.end();
}

Result<void> Server::read_config() {
  auto loaded = load_config(config_file_, flags_, current_environment());
  if (!loaded) return tl::unexpected(loaded.error());
  config_ = std::move(loaded->config);
  is_demo_ = config_.upstreams.empty();
  is_admin_listen_default_ = is_default(*loaded, "admin_listen");
  set_log_level(config_);
  set_log_format(config_);
  for (const std::string_view warning : loaded->warnings) {
    log::warn("configuration_warning", {{"reason", warning}});
  }
  auto key = read_master_key(config_);
  if (!key) return tl::unexpected(key.error());
  master_key_ = *key;
  auto checked = inherited_sockets_.contains("http") ? Result<void>() : check_demo(config_.listen);
  if (checked) checked = check_demo(config_.websocket_listen);
  return checked ? check_demo(config_.grpc_listen) : checked;
}

// The demo's token stands in the log and its answers are made up: nothing for others.
Result<void> Server::check_demo(const std::string& listen) const {
  if (!is_demo_ || listen.empty() || is_loopback(listen)) return {};
  return fail(ErrorCode::kRefused,
              "the demo upstream is not served on " + listen +
                  ", which others can reach: configure an upstream (OPENAI_API_KEY or "
                  "--upstream-url) or listen on 127.0.0.1");
}

Result<void> Server::listen() {
  passwords_ = std::make_unique<PasswordGuard>(books_.directory, system_clock());
  pipeline_ = std::make_unique<Pipeline>(PipelineParts{books_.directory, books_.reservations,
                                                       *books_.writer, *books_.conversations,
                                                       system_clock()});
  router_ = std::make_unique<Router>(RouteParts{*pipeline_, books_.directory, *books_.writer,
                                                *books_.reader, *books_.conversations, guard_,
                                                *passwords_, system_clock()});
  if (is_demo_) {
    demo_ = std::make_unique<HttpListener>(loops_->all(), answer_as_demo, openai_dialect(),
                                           books_.request_ids, TransportLimits{});
    if (auto listening = demo_->listen("127.0.0.1:0"); !listening) return listening;
  }
  listeners_ = std::make_unique<Listeners>(ListenerParts{
      loops_->all(),
      [this](HttpExchange& exchange) { router_->answer(exchange, context_of(exchange.loop())); },
      [this](HttpExchange& exchange) {
        router_->answer_websocket_port(exchange, context_of(exchange.loop()));
      },
      [this](HttpExchange& exchange, Result<Question> question) {
        router_->answer_message(exchange, context_of(exchange.loop()), std::move(question));
      },
      dialect(), books_.request_ids, access_log_, tls_.get()});
  if (auto opened = listeners_->open(config_, inherited_sockets_); !opened) return opened;
  for (const auto& socket : listeners_->sockets()) {
    if (auto checked = check_demo(socket.bound); !checked) return checked;
  }
  set_runtime();
  return {};
}

Announcement Server::announcement() const {
  Announcement announcement;
  announcement.url = listeners_->url();
  announcement.websocket_url = listeners_->websocket_url();
  if (admin_) announcement.metrics_url = admin_->url() + "/metrics";
  announcement.is_demo = is_demo_;
  announcement.demo_token = books_.demo_token();
  announcement.grpc = listeners_->grpc_address();
  if (tls_) teach_curl(announcement, *tls_, listeners_->bound_address());
  return announcement;
}

Result<void> Server::listen_for_admin() {
  auto contexts = all_contexts();
  MetricsSources sources{{contexts.begin(), contexts.end()},
                         books_.directory,
                         books_.ledger,
                         *books_.writer,
                         listeners_->named(),
                         tls_.get()};
  const auto given = inherited_sockets_.find("admin");
  auto opened = open_admin_server(config_.admin_listen, is_admin_listen_default_,
                                  given == inherited_sockets_.end() ? -1 : given->second.descriptor,
                                  {std::move(sources), std::move(contexts), books_.request_ids});
  if (!opened) return tl::unexpected(opened.error());
  admin_ = std::move(*opened);
  if (admin_) {
    listeners_->include("admin", config_.admin_listen, inherited_sockets_, admin_->listener());
  }
  return {};
}

// The last moment at which a start can fail: another gateway has gone on serving so far.
Result<void> Server::take_place() {
  if (auto taken = upgrade_.take_place(books_); !taken) return taken;
  upgrade_.serve({books_, *listeners_, all_contexts(), wake_main_thread});
  return {};
}

// Without it the gateway serves all the same, but nobody can look into it or take over from it.
Result<void> Server::listen_for_control() {
  const auto path = control_path_of(config_.db);
  if (!path) return tl::unexpected(path.error());
  auto handler =
      upgrade_.with_predecessor([contexts = all_contexts()](const ControlRequest& request) {
        return answer_about_inflight(contexts, request);
      });
  auto control = ControlServer::start(*path, std::move(handler), upgrade_.takeover_handler());
  if (!control) return tl::unexpected(std::move(control.error()));
  control_ = std::move(*control);
  upgrade_.use_control(control_.get());
  return {};
}

// What the transport says by itself, in the words of the door that the client knocked at.
HttpDialect Server::dialect() {
  auto dialect = openai_dialect();
  dialect.render_error = [this](const Error& error, std::string_view target) {
    auto* coroutine = Coroutine::current();
    const auto runtime = coroutine ? context_of(coroutine->loop()).runtime : nullptr;
    return runtime ? router_->render_fault(error, target, runtime->config)
                   : render_openai_error(error);
  };
  return dialect;
}

std::vector<LoopContext*> Server::all_contexts() const {
  std::vector<LoopContext*> contexts;
  for (const auto& context : contexts_) contexts.push_back(context.get());
  return contexts;
}

LoopContext& Server::context_of(const EventLoop& loop) {
  size_t i = 0;
  while (&contexts_[i]->loop != &loop) ++i;
  return *contexts_[i];
}

void Server::set_runtime() {
  auto runtime = std::make_shared<Runtime>();
  runtime->config = config_;
  runtime->master_key = master_key_;
  runtime->front = front_rules_of(config_).value();  // the configuration was checked when read
  guard_.set_limits(config_);
  if (is_demo_) {
    UpstreamConfig upstream;
    upstream.name = "demo";
    upstream.base_url = "http://" + demo_->bound_address() + "/v1";
    runtime->config.upstreams.push_back(std::move(upstream));
  }
  runtime->pool = std::make_shared<UpstreamPool>(runtime->config, system_clock());
  for (auto& context : contexts_) {
    context->loop.post([context = context.get(), runtime] { context->runtime = runtime; });
  }
}

// Keeps what only a start can change: the address, the database, the number of loops.
void Server::reload() {
  auto loaded = load_config(config_file_, flags_, current_environment());
  if (!loaded) {
    log::error("configuration_kept", {{"reason", std::string_view(loaded.error().message)}});
    return;
  }
  auto& fresh = loaded->config;
  auto key = read_master_key(fresh);
  if (!key) {
    log::error("configuration_kept", {{"reason", std::string_view(key.error().message)}});
    return;
  }
  if (fresh.upstreams.empty() != is_demo_) {
    log::error(
        "configuration_kept",
        {{"reason", std::string_view("changing to or from the demo upstream needs a start")}});
    return;
  }
  keep_what_needs_a_start(fresh);
  keep_standing_accounts(fresh);
  reload_access_log(fresh);
  reload_tls(tls_.get(), config_, fresh);
  config_ = fresh;
  master_key_ = *key;
  set_log_level(config_);
  set_log_format(config_);
  listeners_->set_limits(config_);
  set_runtime();
  log::info("configuration_read_again");
}

void Server::keep_what_needs_a_start(Config& fresh) const {
  std::string kept;
  const auto keep = [&](auto field, std::string_view name) {
    if (fresh.*field == config_.*field) return;
    fresh.*field = config_.*field;
    kept.append(kept.empty() ? "" : ", ").append(name);
  };
  keep(&Config::listen, "listen");
  keep(&Config::reuse_port, "reuse_port");
  keep(&Config::websocket_listen, "websocket_listen");
  keep(&Config::grpc_listen, "grpc_listen");
  keep(&Config::admin_listen, "admin_listen");
  keep(&Config::db, "db");
  keep(&Config::loops, "loops");
  keep(&Config::conversations, "conversations");
  if (!kept.empty()) log::warn("needs_a_start", {{"keys", std::string_view(kept)}});
}

void Server::reload_access_log(Config& fresh) {
  const bool is_same =
      fresh.access_log == config_.access_log && rotation_of(fresh) == rotation_of(config_);
  if (is_same) return;
  if (auto opened = access_log_.use(fresh.access_log, rotation_of(fresh)); !opened) {
    log::error("access_log_kept", {{"reason", std::string_view(opened.error().message)}});
    fresh.access_log = config_.access_log;
    fresh.access_log_bytes_max = config_.access_log_bytes_max;
    fresh.access_log_files = config_.access_log_files;
  }
}

// The accounts that the configuration names are made at the start alone.
void Server::keep_standing_accounts(Config& fresh) const {
  const bool are_there = has_guests(config_) || !has_guests(fresh);
  if (are_there && fresh.guest_account == config_.guest_account &&
      fresh.static_users == config_.static_users) {
    return;
  }
  log::warn("needs_a_start", {{"keys", std::string_view("guest_account, guest_doors, own_keys, "
                                                        "access_token, static_users")}});
  fresh.guest_account = config_.guest_account;
  fresh.static_users = config_.static_users;
  if (are_there) return;
  fresh.guest_doors.clear();
  fresh.own_keys.clear();
  fresh.access_token.clear();
}

// gRPC speaks TLS by itself, with what was found to be good.
void Server::look_after_certificates() {
  const auto before = tls_->context();
  tls_->look_after_files();
  if (tls_->context() != before) listeners_->set_limits(config_);
}

int Server::serve_until_stopped() {
  for (;;) {
    const bool must_look = listeners_->end_what_is_old() || tls_;
    const int64_t wait_ms = upgrade_.look_again_ms();
    const int signal = take_signal(signals_, must_look ? std::min(wait_ms, kFileWatchMs) : wait_ms);
    if (signal == SIGHUP) {
      access_log_.reopen();  // another program may have moved it away
      reload();
    }
    if (signal == SIGTERM || signal == SIGINT || upgrade_.must_stop()) return drain();
    if (tls_) look_after_certificates();
    upgrade_.look(signal);
    if (finish_retirement()) return 0;
  }
}

// Whether another process has taken over and this one has finished what it had begun, or may not
// go on with it any longer.
bool Server::finish_retirement() {
  const bool is_retired = upgrade_.is_retired();
  const int64_t now_ms = system_clock().steady_ms();
  if (is_retired != (retired_ms_ != 0)) {
    retired_ms_ = is_retired ? now_ms : 0;
    auto rotation = rotation_of(config_);
    if (is_retired) rotation.files_max = 0;  // the other process rotates the log that both write
    if (auto used = access_log_.use(config_.access_log, rotation); !used) {
      log::error("access_log_kept", {{"reason", std::string_view(used.error().message)}});
    }
  }
  if (!is_retired) return false;
  if (now_ms - idle_closed_ms_ >= kCloseIdleMs) {
    idle_closed_ms_ = now_ms;
    listeners_->close_idle(std::min(config_.idle_timeout_ms, kRetiredIdleMs));
  }
  int64_t running = listeners_->connections_to_retire(now_ms - retired_ms_);
  for (const auto& context : contexts_) running += context->job_count();
  if (running > 0 && now_ms - retired_ms_ < config_.drain_timeout_ms) return false;
  cut_connections();
  log::info("finished");
  return true;
}

int Server::drain() {
  announce_stopping();
  upgrade_.stop();
  listeners_->drain();
  const int64_t deadline_ms = system_clock().steady_ms() + config_.drain_timeout_ms;
  int status = 0;
  while ((listeners_->open_connections() > 0 || upgrade_.has_predecessor()) &&
         system_clock().steady_ms() < deadline_ms) {
    const int signal = take_signal(signals_, kPollMs);
    if (signal == SIGTERM || signal == SIGINT) {
      status = 1;
      break;
    }
  }
  cut_connections();
  return status;
}

int64_t Server::count_running() const {
  int64_t count = listeners_->open_connections() + (demo_ ? demo_->open_connections() : 0) +
                  (admin_ ? admin_->open_connections() : 0);
  for (const auto& context : contexts_) count += context->job_count();
  return count;
}

// The rest is cut off, and what it has cost so far is settled.
void Server::cut_connections() {
  const int64_t deadline_ms = system_clock().steady_ms() + kCutMsMax;
  listeners_->close_all();
  for (auto& context : contexts_) {
    context->loop.post([context = context.get()] { stop_jobs(*context); });
  }
  if (demo_) demo_->close_all();
  if (admin_) admin_->close_all();
  while (count_running() > 0 && system_clock().steady_ms() < deadline_ms) {
    take_signal(signals_, kPollMs);
  }
}

}  // namespace

Result<int> run_server(const std::string& config_file, const ConfigFlags& flags,
                       bool may_take_over) {
  return Server(config_file, flags, may_take_over).run();
}

}  // namespace chatgate
