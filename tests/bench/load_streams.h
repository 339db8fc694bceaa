// Opens many SSE streams at a given pace and follows all of them at once. A stream counts only
// if it has status 200, as many events as expected, `[DONE]`, and a proper end of its framing.
#pragma once

#include "client_connection.h"
#include "measurements.h"
#include "options.h"
#include "request_writer.h"

namespace bench {

// Counts `data:` lines in an event stream that arrives split anywhere. It keeps only the start
// of a line, because no more is needed to tell one kind from the other.
class EventCounter {
 public:
  // Calls `on_event()` for each data line but `[DONE]`.
  template <typename OnEvent>
  void feed(std::string_view bytes, OnEvent&& on_event) {
    while (!bytes.empty()) {
      const size_t end = bytes.find('\n');
      const size_t room = kStartBytes - size_;
      const size_t taken = std::min(room, std::min(end, bytes.size()));
      std::copy_n(bytes.data(), taken, start_.data() + size_);
      size_ += taken;
      if (end == std::string_view::npos) return;
      finish_line(on_event);
      bytes.remove_prefix(end + 1);
    }
  }

  bool is_done() const { return is_done_; }

 private:
  static constexpr size_t kStartBytes = 16;

  template <typename OnEvent>
  void finish_line(OnEvent&& on_event) {
    std::string_view line(start_.data(), size_);
    size_ = 0;
    if (line.rfind("data:", 0) != 0) return;
    if (trimmed(line.substr(5)).rfind("[DONE]", 0) == 0) {
      is_done_ = true;
    } else {
      on_event();
    }
  }

  std::array<char, kStartBytes> start_{};
  size_t size_ = 0;
  bool is_done_ = false;
};

class StreamLoad {
 public:
  explicit StreamLoad(Options& options)
      : target_(parse_target(options.required_text("url"))),
        writer_(read_writer(options, target_, true)),
        streams_(static_cast<size_t>(options.number("streams", 1'000, 1, 200'000))),
        connections_(make_connections(streams_.size())),
        opened_per_second_(options.number("ramp-per-second", 2'000, 1, 1'000'000)),
        events_expected_(static_cast<size_t>(options.number("expect-events", 0, 0, 1 << 30))),
        deadline_seconds_(options.number("deadline-seconds", 120, 1, 3'600)) {
    options.reject_unknown();
  }

  // Returns the exit status.
  int run() {
    start_ns_ = now_ns();
    const int64_t deadline_ns = start_ns_ + deadline_seconds_ * kNanosPerSecond;
    while (ended_ < streams_.size() && now_ns() < deadline_ns) {
      open_due();
      wait_once();
    }
    const size_t unfinished = streams_.size() - ended_;
    for (size_t i = 0; i < unfinished; ++i) failures_.add("not finished at the deadline");
    print();
    return failures_.count() == 0 ? 0 : 1;
  }

 private:
  struct Stream {
    EventCounter counter;
    size_t events = 0;
    int64_t opened_at_ns = 0;
    int64_t last_event_at_ns = 0;
  };

  void open_due() {
    const int64_t elapsed_ns = now_ns() - start_ns_;
    const int64_t due = 1 + elapsed_ns / (kNanosPerSecond / opened_per_second_);
    while (opened_ < streams_.size() && opened_ < static_cast<size_t>(due)) {
      const size_t number = opened_++;
      std::string request;
      writer_.write_next(request);
      streams_[number].opened_at_ns = now_ns();
      if (!connections_[number]->open(target_, epoll_, number, std::move(request))) {
        end(number, "cannot connect: " + describe_errno());
      }
      open_max_ = std::max(open_max_, opened_ - ended_);
    }
  }

  void wait_once() {
    std::array<epoll_event, 512> events{};
    const int timeout_ms = opened_ < streams_.size() ? 1 : 100;
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
    for (size_t i = 0; i < static_cast<size_t>(std::max(count, 0)); ++i) {
      handle(static_cast<size_t>(events[i].data.u64), events[i].events);
    }
  }

  void handle(size_t number, uint32_t events) {
    ClientConnection& connection = *connections_[number];
    if (!connection.is_open()) return;
    bool is_alive = connection.send_rest();
    if (is_alive && (events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) {
      const int64_t now = now_ns();
      is_alive = connection.receive(events, [&](std::string_view piece) {
        streams_[number].counter.feed(piece, [&] { note_event(streams_[number], now); });
      });
    }
    const MessageReader& response = connection.response();
    if (response.is_complete() || response.is_broken() || !is_alive) {
      end(number, find_fault(number));
    }
  }

  void note_event(Stream& stream, int64_t now) {
    if (++stream.events == 1) {
      first_.add(now - stream.opened_at_ns);
    } else {
      gaps_.add(now - stream.last_event_at_ns);
    }
    stream.last_event_at_ns = now;
  }

  // Empty when the stream is as it should be.
  std::string find_fault(size_t number) const {
    const Stream& stream = streams_[number];
    const MessageReader& response = connections_[number]->response();
    if (!response.is_complete() || response.status() != 200) {
      return connections_[number]->describe_failure();
    }
    if (!stream.counter.is_done()) return "no [DONE]";
    if (events_expected_ != 0 && stream.events != events_expected_) {
      return std::to_string(stream.events) + " events, not " + std::to_string(events_expected_);
    }
    return "";
  }

  void end(size_t number, const std::string& fault) {
    if (!fault.empty()) failures_.add(fault);
    events_ += streams_[number].events;
    connections_[number]->shut();
    ++ended_;
  }

  void print() {
    JsonLine line;
    line.add("streams", streams_.size());
    line.add("failures", failures_.count());
    line.add("open_max", open_max_);
    line.add("events", events_);
    line.add_percentiles("first_", first_);
    line.add_percentiles("gap_", gaps_);
    line.add("seconds", static_cast<double>(now_ns() - start_ns_) / kNanosPerSecond, 2);
    line.print();
  }

  Target target_;
  RequestWriter writer_;
  std::vector<Stream> streams_;
  ClientConnections connections_;
  const int64_t opened_per_second_;
  const size_t events_expected_;  // 0: as many as there are.
  const int64_t deadline_seconds_;

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  int64_t start_ns_ = 0;
  size_t opened_ = 0;
  size_t ended_ = 0;
  size_t open_max_ = 0;
  size_t events_ = 0;
  Durations first_;
  Durations gaps_;
  Failures failures_;
};

}  // namespace bench
