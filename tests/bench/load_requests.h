// Closed loop: every connection sends its next request as soon as it has the whole answer to the
// one before. What happens before the warm-up ends is not measured. At the end, requests under
// way are waited for, so that no server is left with aborted ones.
#pragma once

#include "client_connection.h"
#include "measurements.h"
#include "options.h"
#include "request_writer.h"

namespace bench {

class RequestLoad {
 public:
  explicit RequestLoad(Options& options)
      : target_(parse_target(options.required_text("url"))),
        writer_(read_writer(options, target_, false)),
        connections_(
            make_connections(static_cast<size_t>(options.number("connections", 64, 1, 20'000)))),
        sent_at_ns_(connections_.size()),
        seconds_(options.number("seconds", 10, 1, 3'600)),
        warmup_seconds_(options.number("warmup-seconds", 1, 0, 600)),
        grace_seconds_(options.number("grace-seconds", 5, 0, 600)),
        failures_max_(static_cast<size_t>(options.number("failures-max", 1'000, 0, 1 << 30))) {
    options.reject_unknown();
  }

  // Returns the exit status.
  int run() {
    start_ns_ = now_ns() + warmup_seconds_ * kNanosPerSecond;
    end_ns_ = start_ns_ + seconds_ * kNanosPerSecond;
    for (size_t i = 0; i < connections_.size(); ++i) connect_anew(i);
    while (requests_under_way_ > 0 && failures_.count() <= failures_max_ &&
           now_ns() < end_ns_ + grace_seconds_ * kNanosPerSecond) {
      wait_once();
    }
    for (size_t i = 0; i < requests_under_way_; ++i) failures_.add("no answer until the end");
    print();
    return failures_.count() == 0 ? 0 : 1;
  }

 private:
  void wait_once() {
    std::array<epoll_event, 256> events{};
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
    for (size_t i = 0; i < static_cast<size_t>(std::max(count, 0)); ++i) {
      handle(static_cast<size_t>(events[i].data.u64), events[i].events);
    }
  }

  void handle(size_t number, uint32_t events) {
    ClientConnection& connection = *connections_[number];
    if (!connection.is_open()) return;
    bool is_alive = connection.send_rest();
    if (is_alive && (events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) {
      is_alive = connection.receive(events, [](std::string_view) {});
    }
    const MessageReader& response = connection.response();
    if (response.is_complete() && response.status() == 200 && is_alive) {
      finish(number);
    } else if (!is_alive || response.is_complete() || response.is_broken()) {
      failures_.add(connection.describe_failure());
      --requests_under_way_;
      connect_anew(number);
    }
  }

  void finish(size_t number) {
    const int64_t now = now_ns();
    ++answers_in_all_;
    if (now >= start_ns_ && now < end_ns_) durations_.add(now - sent_at_ns_[number]);
    ClientConnection& connection = *connections_[number];
    --requests_under_way_;
    if (now >= end_ns_) {
      connection.shut();
    } else if (connection.response().is_last()) {
      connect_anew(number);
    } else {
      writer_.write_next(connection.request());
      sent_at_ns_[number] = now;
      ++requests_under_way_;
      if (!connection.send_request()) {
        failures_.add("the connection closed between two requests");
        --requests_under_way_;
        connect_anew(number);
      }
    }
  }

  void connect_anew(size_t number) {
    connections_[number]->shut();
    while (now_ns() < end_ns_ && failures_.count() <= failures_max_) {
      std::string request;
      writer_.write_next(request);
      sent_at_ns_[number] = now_ns();
      if (connections_[number]->open(target_, epoll_, number, std::move(request))) {
        ++requests_under_way_;
        return;
      }
      failures_.add("cannot connect: " + describe_errno());
    }
    connections_[number]->shut();
  }

  void print() {
    JsonLine line;
    const size_t requests = durations_.count();
    line.add("connections", connections_.size());
    line.add("requests", requests);
    line.add("answers_in_all", answers_in_all_);
    line.add("failures", failures_.count());
    line.add("rps", static_cast<double>(requests) / static_cast<double>(seconds_), 1);
    line.add_percentiles("", durations_);
    line.print();
  }

  Target target_;
  RequestWriter writer_;
  ClientConnections connections_;
  std::vector<int64_t> sent_at_ns_;  // By connection.
  const int64_t seconds_;
  const int64_t warmup_seconds_;
  const int64_t grace_seconds_;
  const size_t failures_max_;

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  int64_t start_ns_ = 0;
  int64_t end_ns_ = 0;
  size_t requests_under_way_ = 0;
  size_t answers_in_all_ = 0;  // With the warm-up: for dividing the server's whole CPU time.
  Durations durations_;
  Failures failures_;
};

}  // namespace bench
