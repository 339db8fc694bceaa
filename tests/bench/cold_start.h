// Starts a server again and again and measures the time from its `exec` to its first answer with
// status 200. Each one is ended, and waited for, before the next begins.
#pragma once

#include <signal.h>
#include <sys/wait.h>

#include "child_process.h"
#include "client_connection.h"
#include "measurements.h"
#include "options.h"
#include "request_writer.h"

namespace bench {

// True when a request is answered with 200 before `deadline_ns`. Gives up at once if refused.
inline bool is_answered(const Target& target, std::string request, int64_t deadline_ns) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  ClientConnection connection;
  bool is_alive = connection.open(target, epoll, 0, std::move(request));
  while (is_alive && !connection.response().is_complete() && now_ns() < deadline_ns) {
    epoll_event event{};
    if (epoll_wait(epoll, &event, 1, milliseconds_until(deadline_ns, now_ns())) != 1) continue;
    is_alive = connection.send_rest();
    if (is_alive && (event.events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) {
      is_alive = connection.receive(event.events, [](std::string_view) {});
    }
  }
  close(epoll);
  return connection.response().is_complete() && connection.response().status() == 200;
}

// Asks until there is an answer. A listener that is not there yet refuses within microseconds,
// so the pause decides how exact the measurement is.
inline bool wait_for_answer(const Target& target, const std::string& request, int64_t deadline_ns) {
  constexpr useconds_t kPauseMicros = 200;
  while (now_ns() < deadline_ns) {
    if (is_answered(target, request, deadline_ns)) return true;
    usleep(kPauseMicros);
  }
  return false;
}

inline std::string write_one_request(Options& options, const Target& target) {
  RequestWriter writer = read_writer(options, target, false);
  std::string request;
  writer.write_next(request);
  return request;
}

class ColdStart {
 public:
  explicit ColdStart(Options& options)
      : target_(parse_target(options.required_text("url"))),
        request_(write_one_request(options, target_)),
        runs_(options.number("runs", 10, 1, 1'000)),
        seconds_max_(options.number("seconds-max", 10, 1, 600)),
        command_(options.rest()) {
    options.reject_unknown();
    if (command_.empty()) give_up("the command to start is missing after --");
  }

  // Returns the exit status.
  int run() {
    Failures failures;
    Durations durations;
    for (int64_t i = 0; i < runs_; ++i) {
      const int64_t start_ns = now_ns();
      const pid_t child = start_command(command_);
      const int64_t deadline_ns = start_ns + seconds_max_ * kNanosPerSecond;
      if (wait_for_answer(target_, request_, deadline_ns)) {
        durations.add(now_ns() - start_ns);
      } else {
        failures.add("no answer within " + std::to_string(seconds_max_) + " s");
      }
      end_command(child);
    }
    JsonLine line;
    line.add("runs", durations.count());
    line.add("failures", failures.count());
    line.add_percentiles("start_", durations);
    line.print();
    return failures.count() == 0 ? 0 : 1;
  }

 private:
  static void end_command(pid_t child) {
    constexpr int kTries = 500;
    kill(child, SIGTERM);
    for (int i = 0; i < kTries; ++i) {
      if (waitpid(child, nullptr, WNOHANG) == child) return;
      usleep(10'000);
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }

  Target target_;
  std::string request_;
  const int64_t runs_;
  const int64_t seconds_max_;
  std::vector<std::string> command_;
};

// Returns the exit status: 0 once there is an answer.
inline int wait_until_served(Options& options) {
  const Target target = parse_target(options.required_text("url"));
  const std::string request = write_one_request(options, target);
  const int64_t seconds_max = options.number("seconds-max", 10, 1, 600);
  options.reject_unknown();
  return wait_for_answer(target, request, now_ns() + seconds_max * kNanosPerSecond) ? 0 : 1;
}

}  // namespace bench
