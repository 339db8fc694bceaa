// fake_upstream [--port N] [--refuse]: prints `listening PORT` and serves until SIGTERM or SIGINT.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "tests/support/fake_upstream.h"

int main(int argc, char** argv) {
  uint16_t port = 0;
  bool refuses = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--port" && i + 1 < argc) {
      port = static_cast<uint16_t>(std::strtoul(argv[++i], nullptr, 10));
    } else if (word == "--refuse") {
      refuses = true;
    } else {
      std::fputs("usage: fake_upstream [--port N] [--refuse]\n", stderr);
      return 2;
    }
  }
  // Blocked before any thread starts, so that all of them leave these signals to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    const chatgate::FakeUpstream upstream(port, refuses);
    std::printf("listening %u\n", static_cast<unsigned>(upstream.port()));
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fake_upstream: %s\n", error.what());
    return 1;
  }
  return 0;
}
