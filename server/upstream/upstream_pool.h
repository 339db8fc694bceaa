// Which upstream, and which of its keys, serves a request next. Remembers failures: an upstream
// that keeps failing is set aside and probed with single requests until one succeeds. Shared by all
// loops; every call takes one short lock.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/config/config.h"

namespace chatgate {

class UpstreamPool {
 public:
  UpstreamPool(const Config& config, const Clock& clock);

  struct Choice {
    const UpstreamConfig* upstream = nullptr;  // lives as long as the pool
    size_t upstream_index = 0;
    size_t key_index = 0;
    std::string_view key;   // empty: the server needs none
    bool is_retry = false;  // it has been tried for this request before
  };

  // One that serves `model` (empty: any), by weight among those in good health that are not among
  // `tried`; failing that, one that was tried or set aside, for it may have recovered. Nothing when
  // no upstream serves the model at all.
  std::optional<Choice> choose(std::string_view model, const std::vector<size_t>& tried);

  enum class Outcome : uint8_t { kAnswered, kFailed, kRateLimited };
  // `retry_after_ms` >= 0: how long a rate limited key is left alone.
  void report(const Choice& choice, Outcome outcome, int64_t retry_after_ms = -1);

  // Whether at least one upstream is not set aside, or due for a probe.
  bool is_any_available() const;

  // Every upstream's name, and whether it is set aside.
  std::vector<std::pair<std::string, bool>> list_health() const;

 private:
  struct Health {
    int64_t failures = 0;    // consecutive
    int64_t set_asides = 0;  // consecutive, doubling the time
    int64_t set_aside_until_ms = 0;
    bool is_set_aside = false;
    bool is_probed = false;  // one request is finding out whether it is well again
    std::vector<int64_t> key_rests_until_ms;
    size_t next_key = 0;
  };

  size_t choose_key(Health& health, const UpstreamConfig& upstream, int64_t now_ms) const;
  uint64_t next_random();

  const std::vector<UpstreamConfig> upstreams_;
  const int64_t failures_to_set_aside_;
  const int64_t set_aside_ms_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Health> health_;
  uint64_t random_state_;
};

}  // namespace chatgate
