// How libcurl meets the loop. libcurl says which sockets it wants watched and when it wants to be
// called; asio tells it what became ready. Three things were learned by measuring:
//  - Its 0 ms timer means "call me soon" and is answered at once, all other timers by the loop's
//    coarse ones.
//  - It removes and adds its socket with each request, so a descriptor stays registered with epoll
//    from its creation to its end, and a pending wait survives the removal.
//  - Its callbacks must not call back into it, so a coroutine that becomes ready inside one is
//    resumed only after libcurl has returned.
// libcurl itself always runs on the loop's own stack, never on a coroutine's small one.

#include "server/upstream/curl_multi.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cassert>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "common/log/log.h"
#include "server/transport/coroutine.h"
#include "server/transport/event_loop.h"

namespace chatgate {
namespace {

namespace asio = boost::asio;

constexpr long kReceiveBytes = 16 << 10;
constexpr long kStreamReceiveBytes = 1 << 10;  // the least that libcurl takes
constexpr long kIdleConnectionsMax = 1024;
constexpr size_t kSpareHandlesMax = 256;
constexpr size_t kHeadersMax = 256;
constexpr size_t kHeadersExpected = 24;
constexpr size_t kHeaderBytesMax = 256 << 10;

// A socket of libcurl's and what it wants to know of it.
struct SocketWatch {
  SocketWatch(asio::io_context& io, int fd) : descriptor(io, fd) {}
  ~SocketWatch() { forget(); }
  // Takes the descriptor out of epoll without closing it. REQUIRES: it is still open, for its
  // number may be another socket's the moment that it is closed.
  void forget() {
    is_closed = true;
    if (descriptor.is_open()) descriptor.release();
  }
  asio::posix::stream_descriptor descriptor;
  bool wants_read = false;
  bool wants_write = false;
  bool awaits_read = false;
  bool awaits_write = false;
  bool is_ours = false;  // created by our open callback, closed by our close callback
  bool is_closed = false;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

// Hop-by-hop (RFC 9110, 7.6.1), or made anew for the client's side of the relay.
bool stops_here(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "connection",        "keep-alive", "proxy-authenticate",
      "proxy-connection",  "te",         "trailer",
      "transfer-encoding", "upgrade",    "content-length",
      "content-encoding",  "set-cookie", "alt-svc"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Runs what a callback of libcurl's does. libcurl is C: nothing may be thrown through its frames.
template <class Value, class Work>
Value call_back(Value on_failure, Work&& work) noexcept {
  try {
    return work();
  } catch (const std::exception& error) {
    log::error("upstream_callback_failed", {{"reason", std::string_view(error.what())}});
    return on_failure;
  }
}

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Slist = std::unique_ptr<curl_slist, SlistDeleter>;

}  // namespace

struct CurlMulti::Impl : std::enable_shared_from_this<CurlMulti::Impl> {
  explicit Impl(EventLoop& event_loop);
  ~Impl();

  void drive(curl_socket_t fd, int events);
  void collect_finished();
  void dispatch_ready();
  void dispatch_soon();
  void watch(curl_socket_t fd, int what);
  void unwatch(curl_socket_t fd);
  void arm(const std::shared_ptr<SocketWatch>& watch);
  void on_event(const std::shared_ptr<SocketWatch>& watch, bool is_read, bool failed);
  std::shared_ptr<SocketWatch>& watch_of(curl_socket_t fd);
  CURL* take_handle();
  void give_back(CURL* handle);

  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*);
  static int on_timer(CURLM*, long timeout_ms, void* self);
  static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address);
  static int on_close(void* self, curl_socket_t fd);

  EventLoop& loop;
  CURLM* multi;
  Timer timer;
  bool wants_call = false;
  bool is_dispatch_posted = false;
  std::vector<CURL*> spare;
  std::unordered_map<curl_socket_t, std::shared_ptr<SocketWatch>> watches;
  std::vector<UpstreamCall::Impl*> ready;
};

struct UpstreamCall::Impl {
  explicit Impl(CurlMulti::Impl& owner) : multi(owner) {}

  void set_up(const UpstreamRequest& request);
  void start();
  void mark_ready();
  void finish(CURLcode code);
  Progress wait(int64_t timeout_ms);
  Progress failed_progress() const {
    return was_connected ? Progress::kBroken : Progress::kUnreachable;
  }
  void take_header(std::string_view line);
  void drop_listed_in_connection();

  static size_t on_header(char* bytes, size_t size, size_t count, void* self);
  static size_t on_body(char* bytes, size_t size, size_t count, void* self);
  static int on_prereq(void* self, char*, char*, int, int);

  CurlMulti::Impl& multi;
  CURL* handle = nullptr;
  Slist headers;
  UpstreamHead head;
  std::string buffer;
  std::string failure;
  std::string connection;  // what the upstream's Connection headers list
  size_t header_bytes = 0;
  Event event;
  bool head_is_final = false;
  bool has_head = false;
  bool is_done = false;
  bool is_failed = false;
  bool is_paused = false;
  bool is_interrupted = false;
  bool is_ready_listed = false;
  bool was_connected = false;
  bool is_decoded = false;  // content-encoding was undone, so the announced length is not ours
};

// --- the multi handle ---------------------------------------------------------------------------

CurlMulti::CurlMulti(EventLoop& loop) : impl_(std::make_shared<Impl>(loop)) {}
CurlMulti::~CurlMulti() = default;

CurlMulti::Impl::Impl(EventLoop& event_loop) : loop(event_loop), timer(event_loop) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  assert(initialised == CURLE_OK);
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
}

CurlMulti::Impl::~Impl() {
  for (auto* handle : spare) curl_easy_cleanup(handle);
  curl_multi_cleanup(multi);
}

void CurlMulti::Impl::drive(curl_socket_t fd, int events) {
  assert(Coroutine::current() == nullptr);
  int running = 0;
  curl_multi_socket_action(multi, fd, events, &running);
  // "Call me soon" is answered now; the bound keeps one busy handle from starving the loop.
  for (int turn = 0; wants_call && turn < 8; ++turn) {
    wants_call = false;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  if (wants_call) {
    loop.post([self = shared_from_this()] {
      self->drive(CURL_SOCKET_TIMEOUT, 0);
      self->dispatch_ready();
    });
    wants_call = false;
  }
  collect_finished();
}

void CurlMulti::Impl::collect_finished() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    UpstreamCall::Impl* call = nullptr;
    const CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
    call->finish(code);
  }
}

void CurlMulti::Impl::dispatch_ready() {
  while (!ready.empty()) {
    auto* call = ready.back();
    ready.pop_back();
    call->is_ready_listed = false;
    call->event.notify();
  }
}

void CurlMulti::Impl::dispatch_soon() {
  if (ready.empty() || std::exchange(is_dispatch_posted, true)) return;
  loop.post([self = shared_from_this()] {
    self->is_dispatch_posted = false;
    self->dispatch_ready();
  });
}

int CurlMulti::Impl::on_timer(CURLM*, long timeout_ms, void* data) {
  auto* self = static_cast<Impl*>(data);
  self->wants_call = timeout_ms == 0;
  self->timer.cancel();
  if (timeout_ms > 0) {
    self->timer.set(timeout_ms, [self] {  // so small that nothing is allocated for it
      self->drive(CURL_SOCKET_TIMEOUT, 0);
      self->dispatch_ready();
    });
  }
  return 0;
}

std::shared_ptr<SocketWatch>& CurlMulti::Impl::watch_of(curl_socket_t fd) {
  const auto known = watches.find(fd);
  if (known != watches.end()) return known->second;
  return watches.emplace(fd, std::make_shared<SocketWatch>(loop.io(), fd)).first->second;
}

int CurlMulti::Impl::on_socket(CURL*, curl_socket_t fd, int what, void* data, void*) {
  auto* self = static_cast<Impl*>(data);
  return call_back(-1, [&] {
    what == CURL_POLL_REMOVE ? self->unwatch(fd) : self->watch(fd, what);
    return 0;
  });
}

void CurlMulti::Impl::watch(curl_socket_t fd, int what) {
  auto watch = watch_of(fd);
  watch->wants_read = (what & CURL_POLL_IN) != 0;
  watch->wants_write = (what & CURL_POLL_OUT) != 0;
  arm(watch);
}

void CurlMulti::Impl::unwatch(curl_socket_t fd) {
  const auto found = watches.find(fd);
  if (found == watches.end()) return;
  found->second->wants_read = found->second->wants_write = false;
  if (found->second->is_ours) return;
  found->second->forget();  // libcurl closes its resolver's sockets itself, right after this
  watches.erase(found);
}

void CurlMulti::Impl::arm(const std::shared_ptr<SocketWatch>& watch) {
  using Descriptor = asio::posix::stream_descriptor;
  if (watch->wants_read && !std::exchange(watch->awaits_read, true)) {
    watch->descriptor.async_wait(
        Descriptor::wait_read,
        [self = shared_from_this(), watch](const boost::system::error_code& error) {
          watch->awaits_read = false;
          self->on_event(watch, true, static_cast<bool>(error));
        });
  }
  if (watch->wants_write && !std::exchange(watch->awaits_write, true)) {
    watch->descriptor.async_wait(
        Descriptor::wait_write,
        [self = shared_from_this(), watch](const boost::system::error_code& error) {
          watch->awaits_write = false;
          self->on_event(watch, false, static_cast<bool>(error));
        });
  }
}

void CurlMulti::Impl::on_event(const std::shared_ptr<SocketWatch>& watch, bool is_read,
                               bool failed) {
  if (watch->is_closed || failed) return;
  if (is_read ? !watch->wants_read : !watch->wants_write) return;
  drive(watch->descriptor.native_handle(), is_read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
  if (!watch->is_closed) arm(watch);
  dispatch_ready();
}

curl_socket_t CurlMulti::Impl::on_open(void* data, curlsocktype, curl_sockaddr* address) {
  auto* self = static_cast<Impl*>(data);
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                          address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  const bool is_watched = call_back(false, [&] { return self->watch_of(fd)->is_ours = true; });
  if (is_watched) return fd;
  ::close(fd);
  return CURL_SOCKET_BAD;
}

int CurlMulti::Impl::on_close(void* data, curl_socket_t fd) {
  auto* self = static_cast<Impl*>(data);
  const auto found = self->watches.find(fd);
  if (found != self->watches.end()) {
    found->second->forget();  // pending waits end with an error
    self->watches.erase(found);
  }
  return ::close(fd);
}

CURL* CurlMulti::Impl::take_handle() {
  if (!spare.empty()) {
    auto* handle = spare.back();
    spare.pop_back();
    return handle;
  }
  auto* handle = curl_easy_init();
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // Cancelling must not wait for a name that is still being resolved.
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &Impl::on_open);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, &Impl::on_close);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, this);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &UpstreamCall::Impl::on_header);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &UpstreamCall::Impl::on_body);
  curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &UpstreamCall::Impl::on_prereq);
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // One connection for each running request: on a shared HTTP/2 connection a paused stream (a slow
  // client) would hold up the others.
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  // Asks for no compression, and undoes it if the upstream compresses all the same.
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "identity");
  return handle;
}

void CurlMulti::Impl::give_back(CURL* handle) {
  if (spare.size() < kSpareHandlesMax) {
    spare.push_back(handle);
  } else {
    curl_easy_cleanup(handle);
  }
}

// --- one call -----------------------------------------------------------------------------------

UpstreamCall::UpstreamCall(CurlMulti& multi, const UpstreamRequest& request)
    : impl_(std::make_unique<Impl>(*multi.impl_)) {
  Coroutine::current()->run_on_loop_stack([&] {
    impl_->set_up(request);
    impl_->start();
  });
}

UpstreamCall::~UpstreamCall() {
  const auto end = [this] {
    auto& multi = impl_->multi;
    if (impl_->is_ready_listed) std::erase(multi.ready, impl_.get());
    curl_multi_remove_handle(multi.multi, impl_->handle);
    multi.give_back(impl_->handle);
    if (std::exchange(multi.wants_call, false)) multi.drive(CURL_SOCKET_TIMEOUT, 0);
    multi.dispatch_soon();
  };
  if (auto* coroutine = Coroutine::current()) {
    coroutine->run_on_loop_stack(end);
  } else {
    end();
  }
}

void UpstreamCall::Impl::set_up(const UpstreamRequest& request) {
  handle = multi.take_handle();
  curl_slist* list = nullptr;
  for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
  if (!request.key.empty()) {
    list = curl_slist_append(list, ("Authorization: Bearer " + std::string(request.key)).c_str());
  }
  list = curl_slist_append(list, "Expect:");  // libcurl's own would cost a round trip
  headers.reset(list);

  const bool is_head = request.method == "HEAD";
  assert(!is_head || !request.has_body);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, this);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROXY, request.proxy.c_str());
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connect_timeout_ms));
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE,
                   request.expects_stream ? kStreamReceiveBytes : kReceiveBytes);
  curl_easy_setopt(handle, CURLOPT_NOBODY, is_head ? 1L : 0L);
  if (request.has_body) {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  } else if (!is_head) {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  }
  const bool is_usual = request.method == (request.has_body ? "POST" : "GET") || is_head;
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, is_usual ? nullptr : request.method.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
}

void UpstreamCall::Impl::start() {
  const CURLMcode code = curl_multi_add_handle(multi.multi, handle);
  if (code != CURLM_OK) {
    is_done = is_failed = true;
    failure = curl_multi_strerror(code);
    return;
  }
  if (std::exchange(multi.wants_call, false)) multi.drive(CURL_SOCKET_TIMEOUT, 0);
  multi.dispatch_soon();
}

void UpstreamCall::Impl::mark_ready() {
  if (std::exchange(is_ready_listed, true)) return;
  multi.ready.push_back(this);
}

void UpstreamCall::Impl::finish(CURLcode code) {
  is_done = true;
  if (code != CURLE_OK) {
    is_failed = true;
    failure = curl_easy_strerror(code);
  } else if (!has_head) {  // libcurl takes an end inside the head for the end of the answer
    is_failed = true;
    failure = "the answer ended within its head";
  }
  mark_ready();
}

// libcurl is connected and about to send: from here on the upstream may have seen the request.
int UpstreamCall::Impl::on_prereq(void* data, char*, char*, int, int) {
  static_cast<Impl*>(data)->was_connected = true;
  return CURL_PREREQFUNC_OK;
}

size_t UpstreamCall::Impl::on_header(char* bytes, size_t size, size_t count, void* data) {
  auto* self = static_cast<Impl*>(data);
  const std::string_view line(bytes, size * count);
  self->header_bytes += line.size();
  if (self->header_bytes > kHeaderBytesMax) return 0;  // ends the transfer as broken
  return call_back(size_t{0}, [&] {
    self->take_header(line);
    return line.size();
  });
}

void UpstreamCall::Impl::take_header(std::string_view line) {
  if (line.substr(0, 5) == "HTTP/" && !has_head) {  // a final answer may follow interim ones
    head = UpstreamHead{};
    head.headers.reserve(kHeadersExpected);
    connection.clear();
    const size_t space = line.find(' ');
    const auto code = space == std::string_view::npos ? "" : line.substr(space + 1);
    std::from_chars(code.data(), code.data() + code.size(), head.status);
    head_is_final = head.status >= 200;
    return;
  }
  const auto text = trim(line);
  if (text.empty()) {
    if (head_is_final && !has_head) {
      has_head = true;
      if (is_decoded) head.content_length = -1;
      drop_listed_in_connection();
      mark_ready();
    }
    return;
  }
  const size_t colon = text.find(':');
  if (has_head || colon == std::string_view::npos || head.headers.size() >= kHeadersMax) return;
  std::string name = lower(text.substr(0, colon));
  const auto value = trim(text.substr(colon + 1));
  if (name == "connection") {
    connection += lower(value) + ",";
  } else if (name == "content-length") {
    std::from_chars(value.data(), value.data() + value.size(), head.content_length);
  } else if (name == "content-encoding" && lower(value) != "identity") {
    is_decoded = true;
  } else if (name == "transfer-encoding") {
    is_decoded = true;
  }
  if (!stops_here(name)) head.headers.emplace_back(std::move(name), std::string(value));
}

// A header that `Connection` names was meant for this hop alone (RFC 9110, 7.6.1).
void UpstreamCall::Impl::drop_listed_in_connection() {
  std::erase(connection, ' ');
  if (connection.empty() || connection == "close," || connection == "keep-alive,") return;
  const std::string list = "," + connection;
  std::erase_if(head.headers, [&](const auto& header) {
    return list.find("," + header.first + ",") != std::string::npos;
  });
}

size_t UpstreamCall::Impl::on_body(char* bytes, size_t size, size_t count, void* data) {
  auto* self = static_cast<Impl*>(data);
  if (!self->buffer.empty() && self->buffer.size() + size * count > kBufferBytes) {
    self->is_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return call_back(size_t{CURL_WRITEFUNC_ERROR}, [&] {
    self->buffer.append(bytes, size * count);
    self->mark_ready();
    return size * count;
  });
}

UpstreamCall::Progress UpstreamCall::Impl::wait(int64_t timeout_ms) {
  if (std::exchange(is_interrupted, false)) return Progress::kInterrupted;
  if (!event.wait(timeout_ms)) return Progress::kTimeout;
  return std::exchange(is_interrupted, false) ? Progress::kInterrupted : Progress::kReady;
}

UpstreamCall::Progress UpstreamCall::await_head(int64_t timeout_ms) {
  while (!impl_->has_head) {
    if (impl_->is_done) return impl_->failed_progress();
    const auto progress = impl_->wait(timeout_ms);
    if (progress != Progress::kReady) return progress;
  }
  return Progress::kReady;
}

bool UpstreamCall::was_sent() const { return impl_->was_connected; }
HeaderList UpstreamCall::take_headers() { return std::move(impl_->head.headers); }
const UpstreamHead& UpstreamCall::head() const { return impl_->head; }
const std::string& UpstreamCall::failure() const { return impl_->failure; }
bool UpstreamCall::is_whole() const {
  return impl_->is_done && !impl_->is_failed && impl_->buffer.empty();
}

UpstreamCall::Progress UpstreamCall::read(std::string& into, int64_t timeout_ms) {
  for (;;) {
    if (!impl_->buffer.empty()) {
      if (into.empty()) {
        into.swap(impl_->buffer);
      } else {
        into += impl_->buffer;
      }
      impl_->buffer.clear();
      return Progress::kReady;
    }
    if (impl_->is_done) return impl_->is_failed ? Progress::kBroken : Progress::kEnd;
    if (std::exchange(impl_->is_paused, false)) {
      Coroutine::current()->run_on_loop_stack([this] {
        curl_easy_pause(impl_->handle, CURLPAUSE_CONT);
        if (std::exchange(impl_->multi.wants_call, false)) {
          impl_->multi.drive(CURL_SOCKET_TIMEOUT, 0);
        }
        impl_->multi.dispatch_soon();
      });
      continue;
    }
    const auto progress = impl_->wait(timeout_ms);
    if (progress != Progress::kReady) return progress;
  }
}

void UpstreamCall::interrupt() {
  impl_->is_interrupted = true;
  impl_->event.notify();
}

}  // namespace chatgate
