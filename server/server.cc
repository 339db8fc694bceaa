#include "server/server.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

#include "common/log/access_log.h"
#include "common/log/log.h"
#include "common/net/address.h"
#include "common/store/open_store.h"
#include "server/books/standing_accounts.h"
#include "server/control/control_server.h"
#include "server/control/inflight.h"
#include "server/conversation/conversation_sweeper.h"
#include "server/conversation/database_conversations.h"
#include "server/conversation/memory_conversations.h"
#include "server/demo/demo_upstream.h"
#include "server/guard/password_guard.h"
#include "server/inherited_socket.h"
#include "server/pipeline/pipeline.h"
#include "server/pipeline/running_jobs.h"
#include "server/routes.h"
#include "server/transport/coroutine.h"
#include "server/wire/error_envelope.h"

namespace chatgate {
namespace {

constexpr std::string_view kDemoUser = "demo";
constexpr std::string_view kDemoBalance = "10";
constexpr int64_t kPollMs = 50;
constexpr int64_t kCutMsMax = 2'000;

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

// Each stream takes two descriptors.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The signals that the main thread takes by itself, blocked everywhere else.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

// One of the blocked signals, or 0 when `timeout_ms` passed.
int take_signal(const sigset_t& set, int64_t timeout_ms) {
  timespec timeout{timeout_ms / 1000, (timeout_ms % 1000) * 1'000'000};
  const int signal = sigtimedwait(&set, nullptr, &timeout);
  return signal > 0 ? signal : 0;
}

// Of the database's tokens. None is a valid state: none may be needed.
Result<std::optional<MasterKey>> read_master_key(const Config& config) {
  auto key = load_master_key(config.master_key_file);
  if (key) return std::optional<MasterKey>(*key);
  if (key.error().code == ErrorCode::kNotFound) return std::optional<MasterKey>();
  return tl::unexpected(key.error());
}

// The loops and their threads. Parts that live on the loops are destroyed between stop and ~Loops.
class Loops {
 public:
  explicit Loops(int64_t count) {
    const auto wanted = count > 0 ? static_cast<size_t>(count)
                                  : std::max<size_t>(1, std::thread::hardware_concurrency());
    for (size_t i = 0; i < wanted; ++i) loops_.push_back(std::make_unique<EventLoop>());
  }
  ~Loops() { stop(); }
  void start() {
    for (auto& loop : loops_) threads_.emplace_back([&loop] { loop->run(); });
  }
  void stop() {
    for (auto& loop : loops_) loop->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  std::vector<EventLoop*> all() const {
    std::vector<EventLoop*> all;
    for (const auto& loop : loops_) all.push_back(loop.get());
    return all;
  }

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

class Server {
 public:
  Server(std::string config_file, ConfigFlags flags)
      : config_file_(std::move(config_file)), flags_(std::move(flags)) {}

  Result<int> run();

 private:
  Result<void> read_config();
  Result<void> check_demo(const std::string& listen) const;
  Result<void> open_books();
  Result<void> open_conversations();
  Result<void> prepare_demo();
  Result<void> listen();
  Result<void> listen_for_control();
  void announce() const;
  void announce_as_events(const std::string& listening) const;
  void set_runtime();
  void reload();
  void reload_access_log(Config& fresh);
  void keep_standing_accounts(Config& fresh) const;
  HttpDialect dialect();
  LoopContext& context_of(const EventLoop& loop);
  int serve_until_stopped();
  int drain();
  int64_t count_running() const;
  void cut_connections();

  std::string config_file_;
  ConfigFlags flags_;
  sigset_t signals_{};
  std::optional<int> inherited_socket_;
  Config config_;
  bool is_demo_ = false;
  std::string demo_token_;                // only right after its creation
  AccessLog access_log_{system_clock()};  // ends last: its lines come out of all other parts

  std::unique_ptr<ServeLock> lock_;
  std::unique_ptr<Store> store_;
  std::optional<MasterKey> master_key_;
  RequestIds request_ids_{system_clock()};
  Ledger ledger_;
  Directory directory_{system_clock()};
  FrontGuard guard_{system_clock()};
  std::unique_ptr<Loops> loops_;
  std::vector<std::unique_ptr<LoopContext>> contexts_;
  std::unique_ptr<BookWriter> writer_;
  std::unique_ptr<StoreReader> reader_;
  std::unique_ptr<Conversations> conversations_;
  std::unique_ptr<ConversationSweeper> sweeper_;
  std::unique_ptr<PasswordGuard> passwords_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<HttpListener> demo_;
  std::unique_ptr<HttpListener> listener_;
  std::unique_ptr<ControlServer> control_;
};

Result<int> Server::run() {
  signals_ = block_signals();
  raise_file_limit();
  auto socket = take_inherited_socket();
  if (!socket) return tl::unexpected(socket.error());
  inherited_socket_ = *socket;
  if (auto read = read_config(); !read) return tl::unexpected(read.error());
  if (auto opened = access_log_.use(config_.access_log, rotation_of(config_)); !opened) {
    return fail(opened.error().code, "access_log: " + opened.error().message);
  }
  if (auto opened = open_books(); !opened) return tl::unexpected(opened.error());
  loops_ = std::make_unique<Loops>(config_.loops);
  for (auto* loop : loops_->all()) contexts_.push_back(std::make_unique<LoopContext>(*loop));
  if (auto listening = listen(); !listening) return tl::unexpected(listening.error());
  loops_->start();
  if (auto listening = listen_for_control(); !listening) {
    log::warn("no_control_socket", {{"reason", std::string_view(listening.error().message)}});
  }
  announce();
  const int status = serve_until_stopped();
  control_.reset();
  loops_->stop();
  sweeper_.reset();
  writer_.reset();  // commits what requests have left behind
  return status;
}

Result<void> Server::read_config() {
  auto loaded = load_config(config_file_, flags_, current_environment());
  if (!loaded) return tl::unexpected(loaded.error());
  config_ = std::move(loaded->config);
  is_demo_ = config_.upstreams.empty();
  set_log_level(config_);
  set_log_format(config_);
  for (const std::string_view warning : loaded->warnings) {
    log::warn("configuration_warning", {{"reason", warning}});
  }
  auto key = read_master_key(config_);
  if (!key) return tl::unexpected(key.error());
  master_key_ = *key;
  return inherited_socket_ ? Result<void>() : check_demo(config_.listen);
}

// The demo's token stands in the log and its answers are made up: nothing for others.
Result<void> Server::check_demo(const std::string& listen) const {
  if (!is_demo_ || is_loopback(listen)) return {};
  return fail(ErrorCode::kRefused,
              "the demo upstream is not served on " + listen +
                  ", which others can reach: configure an upstream (OPENAI_API_KEY or "
                  "--upstream-url) or listen on 127.0.0.1");
}

Result<void> Server::open_books() {
  auto lock = acquire_serve_lock(config_.db);
  if (!lock) return tl::unexpected(lock.error());
  lock_ = std::move(*lock);
  auto store = open_store(config_.db, OpenMode::kCreate);
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  auto swept = store_->sweep_holds(system_clock().now());
  if (!swept) return tl::unexpected(swept.error());
  if (*swept > 0) log::warn("interrupted_requests_swept", {{"count", *swept}});
  auto last = store_->last_request_id();
  if (!last) return tl::unexpected(last.error());
  request_ids_.continue_after(*last);
  if (is_demo_) {
    if (auto prepared = prepare_demo(); !prepared) return prepared;
  }
  if (auto made = make_standing_accounts(*store_, config_, system_clock().now()); !made) {
    return made;
  }
  auto reading = open_store(config_.db, OpenMode::kExisting);
  if (!reading) return tl::unexpected(reading.error());
  reader_ = std::make_unique<StoreReader>(std::move(*reading));
  writer_ = std::make_unique<BookWriter>(std::move(store_), ledger_, directory_);
  if (auto started = writer_->start(); !started) return started;
  return open_conversations();
}

// Also in memory mode the database may hold messages, of a time before: their time ends as well.
Result<void> Server::open_conversations() {
  if (config_.conversations == "memory") {
    conversations_ = std::make_unique<MemoryConversations>(system_clock(), MemoryBounds{});
    ::prctl(PR_SET_DUMPABLE, 0);  // a core file would be a copy of them on a disk
  } else {
    conversations_ = std::make_unique<DatabaseConversations>(*reader_, system_clock());
  }
  auto sweeping = open_store(config_.db, OpenMode::kExisting);
  if (!sweeping) return tl::unexpected(sweeping.error());
  sweeper_ =
      std::make_unique<ConversationSweeper>(std::move(*sweeping), *conversations_, system_clock());
  return {};
}

// A user with some balance, a token and prices, so that the demo's first request can be sent.
Result<void> Server::prepare_demo() {
  if (auto known = store_->find_user(kDemoUser); known) return {};
  const auto now = system_clock().now();
  User user;
  user.name = kDemoUser;
  user.note = "made for the built-in demo upstream";
  user.created_at = now;
  auto added = store_->add_user(user, parse_money(kDemoBalance, user.unit).value());
  if (!added) return tl::unexpected(added.error());
  for (const auto& price : demo_prices()) {
    if (auto booked = store_->add_price(price); !booked) return tl::unexpected(booked.error());
  }
  demo_token_ = generate_api_token();
  ApiToken token;
  token.user_id = added->id;
  token.hash = hash_of_token(demo_token_);
  token.prefix = prefix_of_token(demo_token_);
  token.name = "demo";
  token.created_at = now;
  if (auto kept = store_->add_token(token); !kept) return tl::unexpected(kept.error());
  return {};
}

Result<void> Server::listen() {
  passwords_ = std::make_unique<PasswordGuard>(directory_, system_clock());
  pipeline_ = std::make_unique<Pipeline>(
      PipelineParts{directory_, ledger_, *writer_, *conversations_, system_clock()});
  router_ =
      std::make_unique<Router>(RouteParts{*pipeline_, directory_, *writer_, *reader_,
                                          *conversations_, guard_, *passwords_, system_clock()});
  if (is_demo_) {
    demo_ = std::make_unique<HttpListener>(loops_->all(), answer_as_demo, openai_dialect(),
                                           request_ids_, TransportLimits{});
    if (auto listening = demo_->listen("127.0.0.1:0"); !listening) return listening;
  }
  listener_ = std::make_unique<HttpListener>(
      loops_->all(),
      [this](HttpExchange& exchange) { router_->answer(exchange, context_of(exchange.loop())); },
      dialect(), request_ids_, limits_of(config_), &access_log_);
  if (auto listening = inherited_socket_ ? listener_->adopt(*inherited_socket_)
                                         : listener_->listen(config_.listen);
      !listening) {
    return listening;
  }
  if (auto checked = check_demo(listener_->bound_address()); !checked) return checked;
  set_runtime();
  return {};
}

// Without it the gateway serves all the same, but nobody can look into it.
Result<void> Server::listen_for_control() {
  const auto path = control_path_of(config_.db);
  if (!path) return tl::unexpected(path.error());
  std::vector<LoopContext*> contexts;
  for (const auto& context : contexts_) contexts.push_back(context.get());
  auto control = ControlServer::start(*path, [contexts](const ControlRequest& request) {
    return answer_about_inflight(contexts, request);
  });
  if (!control) return tl::unexpected(std::move(control.error()));
  control_ = std::move(*control);
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

LoopContext& Server::context_of(const EventLoop& loop) {
  size_t i = 0;
  while (&contexts_[i]->loop != &loop) ++i;
  return *contexts_[i];
}

// For a program that reads the log; whatever the least level is.
void Server::announce_as_events(const std::string& listening) const {
  log::announce("started", {{"message", std::string_view(listening)}});
  if (!is_demo_) return;
  log::announce("demo_upstream", {{"message", "no upstream is configured; the answers are made up"},
                                  {"token", std::string_view(demo_token_)}});
}

// What a start says to the person who made it. Logs follow on the same stream.
void Server::announce() const {
  const std::string url = "http://" + listener_->bound_address();
  if (log::format() == log::Format::kJson) return announce_as_events("listening on " + url);
  std::string text = "chatgate: listening on " + url + "\n";
  if (is_demo_) {
    text +=
        "chatgate: no upstream is configured, so the built-in DEMO upstream answers; for real\n"
        "          answers set OPENAI_API_KEY or give --upstream-url\n";
    if (!demo_token_.empty()) text += "chatgate: token (shown this once): " + demo_token_ + "\n";
    text += "chatgate: try\n\n  curl " + url + "/v1/chat/completions \\\n" +
            "    -H 'Authorization: Bearer " + (demo_token_.empty() ? "YOUR_TOKEN" : demo_token_) +
            "' \\\n" + "    -H 'Content-Type: application/json' \\\n" +
            "    -d "
            "'{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}'\n\n";
  }
  std::cerr << text << std::flush;
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
  if (fresh.listen != config_.listen || fresh.db != config_.db || fresh.loops != config_.loops ||
      fresh.conversations != config_.conversations) {
    log::warn("needs_a_start", {{"keys", std::string_view("listen, db, loops, conversations")}});
    fresh.listen = config_.listen;
    fresh.db = config_.db;
    fresh.loops = config_.loops;
    fresh.conversations = config_.conversations;
  }
  keep_standing_accounts(fresh);
  reload_access_log(fresh);
  config_ = fresh;
  master_key_ = *key;
  set_log_level(config_);
  set_log_format(config_);
  listener_->set_limits(limits_of(config_));
  set_runtime();
  log::info("configuration_read_again");
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

int Server::serve_until_stopped() {
  for (;;) {
    const int signal = take_signal(signals_, 60'000);
    if (signal == SIGHUP) {
      access_log_.reopen();  // another program may have moved it away
      reload();
    }
    if (signal == SIGTERM || signal == SIGINT) return drain();
  }
}

int Server::drain() {
  constexpr std::string_view kStopping = "running requests finish first (again to stop now)";
  if (log::format() == log::Format::kJson) {
    log::announce("stopping", {{"message", kStopping}});
  } else {
    std::cerr << "chatgate: stopping; " << kStopping << '\n';
  }
  listener_->drain();
  const int64_t deadline_ms = system_clock().steady_ms() + config_.drain_timeout_ms;
  int status = 0;
  while (listener_->open_connections() > 0 && system_clock().steady_ms() < deadline_ms) {
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
  int64_t count = listener_->open_connections() + (demo_ ? demo_->open_connections() : 0);
  for (const auto& context : contexts_) count += context->job_count();
  return count;
}

// The rest is cut off, and what it has cost so far is settled.
void Server::cut_connections() {
  const int64_t deadline_ms = system_clock().steady_ms() + kCutMsMax;
  listener_->close_all();
  for (auto& context : contexts_) {
    context->loop.post([context = context.get()] { stop_jobs(*context); });
  }
  if (demo_) demo_->close_all();
  while (count_running() > 0 && system_clock().steady_ms() < deadline_ms) {
    take_signal(signals_, kPollMs);
  }
}

}  // namespace

Result<int> run_server(const std::string& config_file, const ConfigFlags& flags) {
  return Server(config_file, flags).run();
}

}  // namespace chatgate
