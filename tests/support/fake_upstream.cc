#include "tests/support/fake_upstream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>

#include "tests/support/fake_wire.h"

namespace chatgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kWaitMsMax = 60'000;
constexpr size_t kShownBodyBytesMax = 256 << 10;

int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Json json_of(const SeenRequest& seen) {
  const FakeRequest& request = seen.request;
  Json headers = Json::array();
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  return {{"method", request.method},
          {"target", request.target},
          {"headers", headers},
          {"body", request.body.substr(0, kShownBodyBytesMax)},
          {"body_bytes", request.body.size()},
          {"body_sha256", sha256_hex(request.body)},
          {"connection", seen.connection},
          {"outcome", seen.outcome}};
}

}  // namespace

FakeUpstream::FakeUpstream(uint16_t port, bool refuses) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  if (::bind(listener_, generic, length) != 0 || ::getsockname(listener_, generic, &length) != 0 ||
      (!refuses && ::listen(listener_, 1024) != 0)) {
    throw std::system_error(errno, std::generic_category(), "fake upstream cannot listen");
  }
  port_ = ntohs(address.sin_port);
  if (!refuses) acceptor_ = std::thread([this] { accept_connections(); });
}

FakeUpstream::~FakeUpstream() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  for (const int descriptor : descriptors_) ::shutdown(descriptor, SHUT_RDWR);
  lock.unlock();
  if (acceptor_.joinable()) acceptor_.join();
  lock.lock();
  all_ended_.wait(lock, [this] { return descriptors_.empty(); });
  ::close(listener_);
}

std::string FakeUpstream::base_url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/v1";
}

void FakeUpstream::next(const std::string& behaviour, int times) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) queue_.push_back(behaviour);
}

void FakeUpstream::step(int64_t events) {
  const std::lock_guard lock(mutex_);
  steps_ += events;
}

void FakeUpstream::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
}

void FakeUpstream::reset() {
  const std::lock_guard lock(mutex_);
  forgotten_ += seen_.size();
  seen_.clear();
  queue_.clear();
  steps_ = 0;
  released_ = false;
  answers_.forget();
}

std::vector<SeenRequest> FakeUpstream::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

int64_t FakeUpstream::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

int64_t FakeUpstream::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void FakeUpstream::accept_connections() {
  int64_t number = 0;
  while (true) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      if (descriptor >= 0) ::close(descriptor);
      return;
    }
    if (descriptor < 0) continue;
    descriptors_.insert(descriptor);
    std::thread([this, descriptor, connection = ++number] {
      serve(descriptor, connection);
    }).detach();
  }
}

void FakeUpstream::serve(int descriptor, int64_t connection_number) {
  {
    FakeConnection connection(::dup(descriptor));
    while (const auto request = connection.read_request()) {
      if (!handle(connection, *request, connection_number)) break;
    }
  }
  // Nothing of this object may be touched after the lock is given back: the destructor waits for
  // it.
  const std::lock_guard lock(mutex_);
  ::close(descriptor);
  descriptors_.erase(descriptor);
  all_ended_.notify_all();
}

// Records the request, answers it and records how that ended. False ends the connection.
bool FakeUpstream::handle(FakeConnection& connection, const FakeRequest& request, int64_t number) {
  if (request.target.starts_with("/_")) return control(connection, request);
  size_t index = 0;
  {
    const std::lock_guard lock(mutex_);
    index = forgotten_ + seen_.size();
    seen_.push_back({request, number});
    ++running_;
  }
  const FakeBehaviour behaviour = behaviour_for(request);
  bool reached_end = false;
  try {
    const FakeAnswer answer = answers_.answer(request, behaviour);
    reached_end = send_answer(connection, answer, behaviour, request.method == "HEAD");
  } catch (const nlohmann::json::exception& error) {
    const Json body = {{"error", {{"message", error.what()}, {"type", "invalid_request_error"}}}};
    reached_end = send_answer(connection, {400, "application/json", {}, body.dump(), {}},
                              FakeBehaviour(), false);
  }
  const bool breaks = breaks_connection(behaviour);
  const std::lock_guard lock(mutex_);
  --running_;
  if (index >= forgotten_) {
    seen_[index - forgotten_].outcome = !reached_end ? "left" : breaks ? "broken" : "finished";
  }
  return reached_end && !breaks && request.header("connection") != "close";
}

bool FakeUpstream::control(FakeConnection& connection, const FakeRequest& request) {
  const Json body = Json::parse(request.body, nullptr, false);
  const auto field = [&](const char* name, auto otherwise) {
    return body.is_object() ? body.value(name, otherwise) : otherwise;
  };
  Json answer = Json::object();
  if (request.target == "/_seen") {
    answer = Json::array();
    for (const SeenRequest& one : seen()) answer.push_back(json_of(one));
  } else if (request.target == "/_state") {
    answer = {{"running", running()}, {"waiting", waiting()}};
  } else if (request.target == "/_next") {
    next(field("behaviour", std::string()), field("times", 1));
  } else if (request.target == "/_step") {
    step(field("n", int64_t{1}));
  } else if (request.target == "/_release") {
    release();
  } else if (request.target == "/_reset") {
    reset();
  } else {
    answer = {{"error", "no such control"}};
  }
  const std::string text = answer.dump(-1, ' ', false, Json::error_handler_t::replace);
  return connection.write(head_of_answer(200, {{"content-type", "application/json"},
                                               {"content-length", std::to_string(text.size())}}) +
                          text);
}

FakeBehaviour FakeUpstream::behaviour_for(const FakeRequest& request) {
  FakeBehaviour behaviour = FakeBehaviour::parse(model_of(request));
  const std::lock_guard lock(mutex_);
  if (!queue_.empty()) {
    behaviour.add(FakeBehaviour::parse(queue_.front()));
    queue_.pop_front();
  }
  return behaviour;
}

bool FakeUpstream::send_answer(FakeConnection& connection, const FakeAnswer& answer,
                               const FakeBehaviour& behaviour, bool is_head) {
  if (behaviour.has("reset")) connection.reset_on_close();
  if (behaviour.has("reset") || behaviour.has("close")) return true;
  if (behaviour.has("stall")) {
    if (!wait_at_gate(connection, [this] { return released_; })) return false;
  }
  if (behaviour.has("garbage")) return connection.write("\x16\x03\x01 this is not HTTP\r\n\r\n");
  if (behaviour.has("half-head")) {
    return connection.write("HTTP/1.1 200 OK\r\ncontent-type: application/js");
  }
  if (behaviour.has("info")) {
    const std::string hints = head_of_answer(103, {{"link", "</style.css>; rel=preload"}});
    if (!connection.write(head_of_answer(100, {}) + hints)) return false;
  }
  if (answer.events.empty()) {
    const std::string bytes = bytes_of_plain_answer(answer, behaviour, is_head);
    return write_pieces(connection, bytes, behaviour);
  }
  if (!connection.write(head_of_stream(answer, behaviour)) || is_head) return is_head;
  return send_stream(connection, answer.events, behaviour);
}

bool FakeUpstream::send_stream(FakeConnection& connection, const std::vector<std::string>& events,
                               const FakeBehaviour& behaviour) {
  const StreamWriter writer(connection, behaviour);
  const size_t middle = events.size() / 2;
  const int64_t deadline_ms = steady_ms() + kWaitMsMax;
  if (behaviour.has("gzip") || behaviour.has("one-write")) return writer.write_all(events);
  for (size_t i = 0; i < events.size(); ++i) {
    if (i == middle && behaviour.has("stall-mid") &&
        !wait_at_gate(connection, [this] { return released_; })) {
      return false;
    }
    if (behaviour.has("step") &&
        !wait_at_gate(connection, [this] { return released_ || take_step(); })) {
      return false;
    }
    if (!pause(connection, behaviour)) return false;
    if (i == middle) {
      if (writer.ends_in_the_middle()) return writer.end_in_the_middle(events[i]);
      while (behaviour.has("endless") && steady_ms() < deadline_ms) {
        if (!writer.write_event(events[i]) || !pause(connection, behaviour)) return false;
      }
    }
    if (!writer.write_event(events[i])) return false;
  }
  return writer.end();
}

template <class Condition>
bool FakeUpstream::wait_at_gate(const FakeConnection& connection, Condition is_open) {
  const int64_t deadline_ms = steady_ms() + kWaitMsMax;
  std::unique_lock lock(mutex_);
  ++waiting_;
  bool peer_is_there = true;
  while (peer_is_there && !stopping_ && !is_open() && steady_ms() < deadline_ms) {
    lock.unlock();
    peer_is_there = !connection.wait_for_peer_to_leave(5);
    lock.lock();
  }
  --waiting_;
  return peer_is_there && !stopping_;
}

bool FakeUpstream::take_step() {
  if (steps_ == 0) return false;
  --steps_;
  return true;
}

bool FakeUpstream::pause(const FakeConnection& connection, const FakeBehaviour& behaviour) {
  const int64_t gap_ms = behaviour.number("gap", 0);
  return gap_ms == 0 || !connection.wait_for_peer_to_leave(static_cast<int>(gap_ms));
}

}  // namespace chatgate
