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
#include <strings.h>
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

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
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

class CurlCall;

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
  std::vector<CurlCall*> ready;
};

namespace {

class CurlCall final : public UpstreamCall {
 public:
  CurlCall(CurlMulti::Impl& multi, const UpstreamRequest& request);
  ~CurlCall() override;

  void finish(CURLcode code);
  void notify() {
    is_ready_listed_ = false;
    event_.notify();
  }

  static size_t on_header(char* bytes, size_t size, size_t count, void* self);
  static size_t on_body(char* bytes, size_t size, size_t count, void* self);
  static int on_prereq(void* self, char*, char*, int, int);

 private:
  void go_on() override;
  void set_up(const UpstreamRequest& request);
  void start();
  void mark_ready();
  void take_header(std::string_view line);

  CurlMulti::Impl& multi_;
  CURL* handle_ = nullptr;
  Slist headers_;
  UpstreamHeadBuilder builder_;
  size_t header_bytes_ = 0;
  bool is_ready_listed_ = false;
};

}  // namespace

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
    CurlCall* call = nullptr;
    const CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
    call->finish(code);
  }
}

void CurlMulti::Impl::dispatch_ready() {
  while (!ready.empty()) {
    auto* call = ready.back();
    ready.pop_back();
    call->notify();
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
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &CurlCall::on_header);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &CurlCall::on_body);
  curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &CurlCall::on_prereq);
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

std::unique_ptr<UpstreamCall> CurlMulti::call(const UpstreamRequest& request) {
  return std::make_unique<CurlCall>(*impl_, request);
}

CurlCall::CurlCall(CurlMulti::Impl& multi, const UpstreamRequest& request) : multi_(multi) {
  Coroutine::current()->run_on_loop_stack([&] {
    set_up(request);
    start();
  });
}

CurlCall::~CurlCall() {
  const auto end = [this] {
    if (is_ready_listed_) std::erase(multi_.ready, this);
    curl_multi_remove_handle(multi_.multi, handle_);
    multi_.give_back(handle_);
    if (std::exchange(multi_.wants_call, false)) multi_.drive(CURL_SOCKET_TIMEOUT, 0);
    multi_.dispatch_soon();
  };
  if (auto* coroutine = Coroutine::current()) {
    coroutine->run_on_loop_stack(end);
  } else {
    end();
  }
}

// libcurl takes "Name:" for the removal of a header that it would add, and "Name;" for an empty
// one.
Slist make_header_list(const UpstreamRequest& request) {
  curl_slist* list = nullptr;
  const auto add = [&](const std::string& line) { list = curl_slist_append(list, line.c_str()); };
  bool has_content_type = false;
  for (const auto& header : request.headers) {
    has_content_type = has_content_type || strncasecmp(header.c_str(), "content-type:", 13) == 0;
    header.back() == ':' ? add(header.substr(0, header.size() - 1) + ';') : add(header);
  }
  if (!has_content_type) add("Content-Type:");
  if (!request.key.empty()) add("Authorization: Bearer " + std::string(request.key));
  add("Expect:");  // libcurl's own would cost a round trip
  return Slist(list);
}

void CurlCall::set_up(const UpstreamRequest& request) {
  handle_ = multi_.take_handle();
  headers_ = make_header_list(request);
  const bool is_head = request.method == "HEAD";
  assert(!is_head || !request.has_body);
  curl_easy_setopt(handle_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(handle_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle_, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(handle_, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle_, CURLOPT_PROXY, request.proxy.c_str());
  curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connect_timeout_ms));
  curl_easy_setopt(handle_, CURLOPT_BUFFERSIZE,
                   request.expects_stream ? kStreamReceiveBytes : kReceiveBytes);
  curl_easy_setopt(handle_, CURLOPT_NOBODY, is_head ? 1L : 0L);
  if (request.has_body) {
    curl_easy_setopt(handle_, CURLOPT_POST, 1L);
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, request.body.data());
  } else if (!is_head) {
    curl_easy_setopt(handle_, CURLOPT_HTTPGET, 1L);
  }
  const bool is_usual = request.method == (request.has_body ? "POST" : "GET") || is_head;
  curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, is_usual ? nullptr : request.method.c_str());
  curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_.get());
}

void CurlCall::start() {
  const CURLMcode code = curl_multi_add_handle(multi_.multi, handle_);
  if (code != CURLM_OK) return fail_with(curl_multi_strerror(code));
  if (std::exchange(multi_.wants_call, false)) multi_.drive(CURL_SOCKET_TIMEOUT, 0);
  multi_.dispatch_soon();
}

void CurlCall::mark_ready() {
  if (std::exchange(is_ready_listed_, true)) return;
  multi_.ready.push_back(this);
}

void CurlCall::finish(CURLcode code) {
  if (code != CURLE_OK) {
    fail_with(curl_easy_strerror(code));
  } else if (!has_head_) {  // libcurl takes an end inside the head for the end of the answer
    fail_with("the answer ended within its head");
  } else {
    end();
  }
  mark_ready();
}

// libcurl is connected and about to send: from here on the upstream may have seen the request.
int CurlCall::on_prereq(void* data, char*, char*, int, int) {
  static_cast<CurlCall*>(data)->was_sent_ = true;
  return CURL_PREREQFUNC_OK;
}

size_t CurlCall::on_header(char* bytes, size_t size, size_t count, void* data) {
  auto* self = static_cast<CurlCall*>(data);
  const std::string_view line(bytes, size * count);
  self->header_bytes_ += line.size();
  if (self->header_bytes_ > UpstreamHeadBuilder::kBytesMax) return 0;  // ends it as broken
  return call_back(size_t{0}, [&] {
    self->take_header(line);
    return line.size();
  });
}

// libcurl itself judges the framing.
void CurlCall::take_header(std::string_view line) {
  if (has_head_) return;
  if (line.substr(0, 5) == "HTTP/") {  // a final answer may follow interim ones
    const size_t space = line.find(' ');
    const auto code = space == std::string_view::npos ? "" : line.substr(space + 1);
    int status = 0;
    std::from_chars(code.data(), code.data() + code.size(), status);
    return builder_.begin(status);
  }
  const auto text = trim(line);
  if (text.empty()) {
    if (builder_.status() < 200) return;
    head_ = builder_.take();
    has_head_ = true;
    return mark_ready();
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return;
  builder_.add(text.substr(0, colon), trim(text.substr(colon + 1)));
}

size_t CurlCall::on_body(char* bytes, size_t size, size_t count, void* data) {
  auto* self = static_cast<CurlCall*>(data);
  if (!self->buffer_.empty() && self->buffer_.size() + size * count > kBufferBytes) {
    self->is_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return call_back(size_t{CURL_WRITEFUNC_ERROR}, [&] {
    self->buffer_.append(bytes, size * count);
    self->mark_ready();
    return size * count;
  });
}

void CurlCall::go_on() {
  Coroutine::current()->run_on_loop_stack([this] {
    curl_easy_pause(handle_, CURLPAUSE_CONT);
    if (std::exchange(multi_.wants_call, false)) multi_.drive(CURL_SOCKET_TIMEOUT, 0);
    multi_.dispatch_soon();
  });
}

}  // namespace chatgate
