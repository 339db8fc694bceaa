// The upstream of the benchmark: an OpenAI-shaped server that does as little as such a server
// can, so that what is measured is whatever stands before it. One thread, edge-triggered epoll,
// answers that were written down beforehand.
//
//     bench_upstream [--port 0] [--chunks 40] [--gap-ms 250] [--seconds-max 3600]
//
// Prints `listening PORT` and runs until it is told to end, or `--seconds-max` at the longest.
// `POST .../chat/completions` answers a completion of about 500 bytes, or, when the body has
// `"stream": true`, `--chunks` events `--gap-ms` apart, the first at once. A usage event follows
// if the body asks for `include_usage`. `GET` of anything answers an empty list.

#include <sys/epoll.h>

#include <array>
#include <memory>
#include <queue>
#include <vector>

#include "message_reader.h"
#include "options.h"
#include "support.h"

namespace bench {
namespace {

std::string with_length(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: application/json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string as_http_chunk(const std::string& data) {
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
  return size.data() + data + "\r\n";
}

// One stream as it goes over the wire, in the pieces in which it is sent.
struct StreamScript {
  std::string first;   // The response's head and the event that names the role.
  std::string middle;  // A word.
  std::string last;    // The finish reason, usage if asked for, and the end.
};

StreamScript make_stream_script(bool includes_usage) {
  const std::string start =
      "data: {\"id\":\"chatcmpl-CgBench000000000000000000001\",\"object\":"
      "\"chat.completion.chunk\",\"created\":1763600000,\"model\":\"bench-model\","
      "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\",\"choices\":[";
  const std::string no_usage = includes_usage ? ",\"usage\":null}\n\n" : "}\n\n";
  const auto event = [&](const std::string& delta, const std::string& finish_reason) {
    return start + "{\"index\":0,\"delta\":{" + delta +
           "},\"logprobs\":null,\"finish_reason\":" + finish_reason + "}]" + no_usage;
  };
  const std::string usage =
      start +
      "],\"usage\":{\"prompt_tokens\":24,\"completion_tokens\":40,\"total_tokens\":64,"
      "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
      "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0}}}\n\n";

  StreamScript script;
  script.first =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
      "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n" +
      as_http_chunk(event("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null", "null"));
  script.middle = as_http_chunk(event("\"content\":\" benchmark\"", "null"));
  script.last = as_http_chunk(event("", "\"stop\""));
  if (includes_usage) script.last += as_http_chunk(usage);
  script.last += as_http_chunk("data: [DONE]\n\n") + "0\r\n\r\n";
  return script;
}

std::string make_completion() {
  return with_length(
      "200 OK",
      "{\"id\":\"chatcmpl-CgBench000000000000000000001\",\"object\":\"chat.completion\","
      "\"created\":1763600000,\"model\":\"bench-model\",\"choices\":[{\"index\":0,\"message\":"
      "{\"role\":\"assistant\",\"content\":\"A gateway should cost next to nothing.\","
      "\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{"
      "\"prompt_tokens\":24,\"completion_tokens\":9,\"total_tokens\":33,"
      "\"prompt_tokens_details\":{\"cached_tokens\":0},"
      "\"completion_tokens_details\":{\"reasoning_tokens\":0}},"
      "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\"}");
}

// Looks for `"name" : true` without parsing; good enough for bodies that the bench itself sends.
bool has_true(std::string_view json, std::string_view quoted_name) {
  const size_t at = json.find(quoted_name);
  if (at == std::string_view::npos) return false;
  const size_t value = json.find_first_not_of(" \t\r\n:", at + quoted_name.size());
  return value != std::string_view::npos && json.substr(value, 4) == "true";
}

struct Settings {
  uint16_t port;
  int64_t chunks;
  int64_t gap_ns;
};

struct Connection {
  MessageReader request{MessageReader::Kind::kRequest};
  std::string body;
  std::string unread;                    // What the client sent ahead while a stream is running.
  std::string unsent;                    // What the socket would not take yet.
  const StreamScript* script = nullptr;  // Null when no stream is running.
  int64_t chunks_left = 0;
  uint32_t generation = 0;  // Tells a timer whether the descriptor still means this connection.
  bool was_told_to_continue = false;
  bool closes_when_sent = false;
};

class Upstream {
 public:
  explicit Upstream(const Settings& settings)
      : settings_(settings),
        listener_(listen_on_loopback(settings.port)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) give_up_with_errno("cannot make an epoll instance");
    watch(listener_, EPOLLIN);
    std::printf("listening %d\n", port_of(listener_));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> events{};
    while (true) {
      const int timeout_ms =
          timers_.empty() ? -1 : milliseconds_until(timers_.top().at_ns, now_ns());
      const int count =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
      for (size_t i = 0; i < static_cast<size_t>(std::max(count, 0)); ++i) {
        handle(events[i]);
      }
      run_timers();
    }
  }

 private:
  struct Timer {
    int64_t at_ns;
    int fd;
    uint32_t generation;

    bool operator<(const Timer& other) const { return at_ns > other.at_ns; }
  };

  void watch(int fd, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) give_up_with_errno("epoll_ctl");
  }

  void handle(const epoll_event& event) {
    const int fd = event.data.fd;
    if (fd == listener_) {
      accept_all();
      return;
    }
    if (!is_open(fd)) return;
    if ((event.events & EPOLLOUT) != 0) send_unsent(fd);
    if (is_open(fd) && (event.events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) {
      receive_all(fd, event.events);
    }
  }

  void accept_all() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE) give_up("too many open files");
        return;
      }
      send_without_delay(fd);
      const auto slot = static_cast<size_t>(fd);
      if (slot >= connections_.size()) connections_.resize(slot + 1);
      connections_[slot] = std::make_unique<Connection>();
      connections_[slot]->generation = ++generations_;
      watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
  }

  bool is_open(int fd) const {
    const auto slot = static_cast<size_t>(fd);
    return slot < connections_.size() && connections_[slot] != nullptr;
  }

  Connection& at(int fd) { return *connections_[static_cast<size_t>(fd)]; }

  void drop(int fd) {
    connections_[static_cast<size_t>(fd)].reset();
    close(fd);
  }

  void receive_all(int fd, uint32_t events) {
    const bool has_ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    while (true) {
      const ssize_t count = recv(fd, buffer_.data(), buffer_.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        drop(fd);
        return;
      }
      take(fd, {buffer_.data(), static_cast<size_t>(count)});
      if (!is_open(fd)) return;
      // A short read emptied the socket; more bytes would be a new edge. An end would not.
      if (static_cast<size_t>(count) < buffer_.size() && !has_ended) return;
    }
  }

  void take(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      Connection& connection = at(fd);
      if (connection.script != nullptr) {
        connection.unread.append(bytes);
        return;
      }
      bytes.remove_prefix(connection.request.feed(
          bytes, [&](std::string_view piece) { connection.body.append(piece); }));
      if (connection.request.is_broken()) {
        connection.closes_when_sent = true;
        send_bytes(fd, bad_request_);
        return;
      }
      if (connection.request.is_complete()) {
        answer(fd);
        if (!is_open(fd)) return;
      } else {
        tell_to_continue(fd);
      }
    }
  }

  void tell_to_continue(int fd) {
    Connection& connection = at(fd);
    if (connection.was_told_to_continue || !connection.request.has_head()) return;
    connection.was_told_to_continue = true;
    if (!header_value(connection.request.head(), "expect").empty()) {
      send_bytes(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    }
  }

  void answer(int fd) {
    Connection& connection = at(fd);
    const std::string_view head = connection.request.head();
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const bool is_chat =
        line.rfind("POST ", 0) == 0 && line.find("/chat/completions") != std::string_view::npos;
    const bool is_stream = is_chat && has_true(connection.body, "\"stream\"");
    const bool includes_usage = is_stream && has_true(connection.body, "\"include_usage\"");
    connection.closes_when_sent = connection.request.is_last();

    const std::string* text = &not_found_;
    if (is_chat) text = &completion_;
    if (line.rfind("GET ", 0) == 0) text = &list_;

    connection.request.reset();
    connection.body.clear();
    connection.was_told_to_continue = false;
    if (is_stream) {
      start_stream(fd, includes_usage ? script_with_usage_ : script_);
    } else {
      send_bytes(fd, *text);
    }
  }

  void start_stream(int fd, const StreamScript& script) {
    Connection& connection = at(fd);
    connection.script = &script;
    connection.chunks_left = settings_.chunks - 1;
    timers_.push({now_ns() + settings_.gap_ns, fd, connection.generation});
    send_bytes(fd, script.first);
  }

  void run_timers() {
    if (timers_.empty()) return;
    const int64_t now = now_ns();
    while (!timers_.empty() && timers_.top().at_ns <= now) {
      const Timer timer = timers_.top();
      timers_.pop();
      if (is_open(timer.fd) && at(timer.fd).generation == timer.generation) {
        continue_stream(timer);
      }
    }
  }

  void continue_stream(const Timer& timer) {
    Connection& connection = at(timer.fd);
    const StreamScript& script = *connection.script;
    if (--connection.chunks_left > 0) {
      // From the time that was due, not from now, so that lateness does not add up.
      timers_.push({timer.at_ns + settings_.gap_ns, timer.fd, timer.generation});
      send_bytes(timer.fd, script.middle);
      return;
    }
    connection.script = nullptr;
    const std::string unread = std::move(connection.unread);
    connection.unread.clear();
    send_bytes(timer.fd, script.last);
    if (is_open(timer.fd)) take(timer.fd, unread);
  }

  // May close the connection.
  void send_bytes(int fd, std::string_view bytes) {
    Connection& connection = at(fd);
    if (!connection.unsent.empty()) {
      connection.unsent.append(bytes);
      return;
    }
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) {
      drop(fd);
      return;
    }
    const size_t sent = static_cast<size_t>(std::max<ssize_t>(count, 0));
    connection.unsent.assign(bytes.substr(sent));
    close_if_finished(fd);
  }

  void send_unsent(int fd) {
    Connection& connection = at(fd);
    if (connection.unsent.empty()) return;
    const std::string bytes = std::move(connection.unsent);
    connection.unsent.clear();
    send_bytes(fd, bytes);
  }

  void close_if_finished(int fd) {
    const Connection& connection = at(fd);
    if (connection.closes_when_sent && connection.unsent.empty() && connection.script == nullptr) {
      drop(fd);
    }
  }

  const Settings settings_;
  const std::string completion_ = make_completion();
  const std::string list_ = with_length("200 OK", R"({"object":"list","data":[]})");
  const std::string bad_request_ = with_length("400 Bad Request", "{}");
  const std::string not_found_ = with_length("404 Not Found", "{}");
  const StreamScript script_ = make_stream_script(false);
  const StreamScript script_with_usage_ = make_stream_script(true);

  int listener_;
  int epoll_;
  uint32_t generations_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;  // By descriptor.
  std::priority_queue<Timer> timers_;                     // The earliest on top.
  std::array<char, 65'536> buffer_{};
};

}  // namespace
}  // namespace bench

int main(int argument_count, char** arguments) {
  bench::Options options(argument_count, arguments, 1);
  bench::Settings settings{};
  settings.port = static_cast<uint16_t>(options.number("port", 0, 0, 65'535));
  settings.chunks = options.number("chunks", 40, 2, 1'000'000);
  settings.gap_ns = options.number("gap-ms", 250, 0, 3'600'000) * bench::kNanosPerMilli;
  const int64_t seconds_max = options.number("seconds-max", 3'600, 1, 86'400);
  options.reject_unknown();

  // Whoever starts this may die without ending it; SIGALRM then does.
  alarm(static_cast<unsigned>(seconds_max));
  bench::raise_open_file_limit();
  const auto upstream = std::make_unique<bench::Upstream>(settings);
  upstream->run();
}
