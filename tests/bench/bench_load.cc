// The load generator of the benchmark: one thread, one epoll instance, one JSON line as result.
//
//     bench_load requests --url URL [REQUEST] [--connections 64] [--seconds 10]
//                         [--warmup-seconds 1]
//     bench_load streams  --url URL [REQUEST] [--streams 1000] [--ramp-per-second 2000]
//                         [--expect-events N] [--deadline-seconds 120]
//     bench_load start    --url URL [REQUEST] [--runs 10] -- COMMAND...
//     bench_load command  [--runs 3] -- COMMAND...
//     bench_load wait     --url URL [REQUEST] [--seconds-max 10]
//     bench_load port
//
// REQUEST is [--token T | --tokens-file F] [--headers-file F] [--model M].
//
// `requests` drives keep-alive connections in a closed loop; `streams` follows many SSE streams;
// `start` measures cold starts of COMMAND; `command` runs it to its end; `wait` returns once a
// server answers; `port` names a free port. Exit status: 0 all went well, 1 something failed, 2 the
// run was not possible.

#include <random>

#include "cold_start.h"
#include "command_runs.h"
#include "load_requests.h"
#include "load_streams.h"
#include "options.h"
#include "support.h"

namespace bench {
namespace {

// Below the ephemeral range, so that no outgoing connection takes the port before it is used.
int print_free_port() {
  constexpr int kTries = 200;
  constexpr uint16_t kLowest = 20'000;
  constexpr uint16_t kHighest = 32'000;
  std::random_device random;
  std::uniform_int_distribution<uint16_t> any_port(kLowest, kHighest);
  for (int i = 0; i < kTries; ++i) {
    const uint16_t port = any_port(random);
    if (can_listen_on_loopback(port)) {
      std::printf("%d\n", port);
      return 0;
    }
  }
  give_up("no free port from 20000 to 32000");
}

int run(const std::string& mode, Options& options) {
  if (mode == "requests") return RequestLoad(options).run();
  if (mode == "streams") return StreamLoad(options).run();
  if (mode == "start") return ColdStart(options).run();
  if (mode == "command") return CommandRuns(options).run();
  if (mode == "wait") return wait_until_served(options);
  if (mode == "port") return print_free_port();
  give_up("'" + mode + "' is not one of requests, streams, start, command, wait, port");
}

}  // namespace
}  // namespace bench

int main(int argument_count, char** arguments) {
  if (argument_count < 2) bench::give_up("say requests, streams, start, command, wait or port");
  bench::raise_open_file_limit();
  bench::Options options(argument_count, arguments, 2);
  return bench::run(arguments[1], options);
}
