// The configuration's file: whatever it holds, loading says yes or explains itself, and what it
// accepts is within the bounds that the table states.
#include <sys/mman.h>
#include <unistd.h>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/config/config.h"
#include "tests/fuzz/fuzz_target.h"

using namespace chatgate;

FUZZ_TARGET(configuration,
            R"({"listen": "127.0.0.1:0", "upstreams": [{"name": "a", "base_url": "http://h/v1",)"
            R"( "keys": ["k"], "weight": 2}], "idle_timeout": "30s", "body_bytes_max": "64MiB"})") {
  static const int file = memfd_create("configuration", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) {
    return 0;
  }
  const auto loaded = load_config(path, {}, {});
  if (!loaded) {
    if (loaded.error().message.empty()) abort();
    return 0;
  }
  const auto& config = loaded->config;
  if (config.body_bytes_max < 0 || config.connections_max < 0 || config.retries < 0) abort();
  if (config.ping_interval_ms != 0 && config.ping_interval_ms < 10'000) abort();
  for (const auto& upstream : config.upstreams) {
    if (upstream.name.empty() || upstream.base_url.empty()) abort();
  }
  return 0;
}
