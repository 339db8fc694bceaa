#include "server/upstream/upstream_pool.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/domain/api_token.h"
#include "common/log/log.h"

namespace chatgate {
namespace {

constexpr int64_t kSetAsideDoublingsMax = 5;
constexpr int64_t kDefaultKeyRestMs = 1'000;
constexpr int64_t kKeyRestMsMax = 120'000;

bool contains(const std::vector<size_t>& indices, size_t index) {
  return std::find(indices.begin(), indices.end(), index) != indices.end();
}

}  // namespace

UpstreamPool::UpstreamPool(const Config& config, const Clock& clock)
    : upstreams_(config.upstreams),
      failures_to_set_aside_(config.failures_to_set_aside),
      set_aside_ms_(config.set_aside_ms),
      clock_(clock),
      health_(upstreams_.size()),
      random_state_(static_cast<uint64_t>(clock.now().unix_ms) * 2654435761U + 1) {
  for (size_t i = 0; i < upstreams_.size(); ++i) {
    health_[i].key_rests_until_ms.resize(upstreams_[i].keys.size());
  }
}

std::optional<UpstreamPool::Choice> UpstreamPool::choose(std::string_view model,
                                                         const std::vector<size_t>& tried) {
  const std::lock_guard lock(mutex_);
  const int64_t now_ms = clock_.steady_ms();
  // Candidates in classes: fresh and healthy, fresh, tried and healthy, the rest.
  int best_class = 4;
  int64_t weight_sum = 0;
  std::optional<size_t> chosen;
  for (size_t i = 0; i < upstreams_.size(); ++i) {
    const auto& upstream = upstreams_[i];
    if (!model.empty() && !upstream.models.empty() && !matches_model(upstream.models, model)) {
      continue;
    }
    const bool is_healthy = !health_[i].is_set_aside || health_[i].set_aside_until_ms <= now_ms;
    const int its_class = (contains(tried, i) ? 2 : 0) + (is_healthy ? 0 : 1);
    if (its_class > best_class) continue;
    if (its_class < best_class) {
      best_class = its_class;
      weight_sum = 0;
    }
    // Each candidate replaces the earlier ones with the probability of its share.
    weight_sum += std::max<int64_t>(upstream.weight, 0);
    const auto weight = static_cast<uint64_t>(std::max<int64_t>(upstream.weight, 0));
    if (!chosen || weight_sum == 0 ||
        next_random() % static_cast<uint64_t>(std::max<int64_t>(weight_sum, 1)) < weight) {
      chosen = i;
    }
  }
  if (!chosen) return std::nullopt;
  auto& health = health_[*chosen];
  if (health.is_set_aside && health.set_aside_until_ms <= now_ms) {
    // This request is the probe; the others stay away until it has reported.
    health.set_aside_until_ms = now_ms + set_aside_ms_;
    health.is_probed = true;
  }
  const auto& upstream = upstreams_[*chosen];
  Choice choice{&upstream, *chosen, 0, {}, contains(tried, *chosen)};
  if (!upstream.keys.empty()) {
    choice.key_index = choose_key(health, upstream, now_ms);
    choice.key = upstream.keys[choice.key_index];
  }
  return choice;
}

size_t UpstreamPool::choose_key(Health& health, const UpstreamConfig& upstream,
                                int64_t now_ms) const {
  const size_t count = upstream.keys.size();
  for (size_t i = 0; i < count; ++i) {
    const size_t key = (health.next_key + i) % count;
    if (health.key_rests_until_ms[key] <= now_ms) {
      health.next_key = key + 1;
      return key;
    }
  }
  return health.next_key++ % count;
}

void UpstreamPool::report(const Choice& choice, Outcome outcome, int64_t retry_after_ms) {
  const std::lock_guard lock(mutex_);
  auto& health = health_[choice.upstream_index];
  const int64_t now_ms = clock_.steady_ms();
  const std::string_view name = choice.upstream->name;
  switch (outcome) {
    case Outcome::kAnswered:
      if (health.is_set_aside) log::info("upstream_recovered", {{"upstream", name}});
      health.failures = health.set_asides = 0;
      health.is_set_aside = health.is_probed = false;
      return;
    case Outcome::kRateLimited:  // busy, but well
      health.failures = health.set_asides = 0;
      health.is_set_aside = health.is_probed = false;
      if (choice.key_index < health.key_rests_until_ms.size()) {
        const int64_t rest_ms = retry_after_ms < 0 ? kDefaultKeyRestMs : retry_after_ms;
        health.key_rests_until_ms[choice.key_index] = now_ms + std::min(rest_ms, kKeyRestMsMax);
      }
      return;
    case Outcome::kFailed:
      break;
  }
  ++health.failures;
  // Requests that were under way when it was set aside say nothing new.
  const bool is_news = health.is_set_aside ? std::exchange(health.is_probed, false)
                                           : health.failures >= failures_to_set_aside_;
  if (!is_news) return;
  const int64_t rest_ms = set_aside_ms_ << std::min(health.set_asides++, kSetAsideDoublingsMax);
  health.set_aside_until_ms = now_ms + rest_ms;
  health.is_set_aside = true;
  log::warn("upstream_set_aside",
            {{"upstream", name}, {"failures", health.failures}, {"for_ms", rest_ms}});
}

bool UpstreamPool::is_any_available() const {
  const std::lock_guard lock(mutex_);
  const int64_t now_ms = clock_.steady_ms();
  return std::any_of(health_.begin(), health_.end(), [&](const Health& health) {
    return !health.is_set_aside || health.set_aside_until_ms <= now_ms;
  });
}

std::vector<std::pair<std::string, bool>> UpstreamPool::list_health() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, bool>> health;
  for (size_t i = 0; i < upstreams_.size(); ++i) {
    health.emplace_back(upstreams_[i].name, health_[i].is_set_aside);
  }
  return health;
}

uint64_t UpstreamPool::next_random() {  // xorshift64
  random_state_ ^= random_state_ << 13;
  random_state_ ^= random_state_ >> 7;
  random_state_ ^= random_state_ << 17;
  return random_state_;
}

}  // namespace chatgate
