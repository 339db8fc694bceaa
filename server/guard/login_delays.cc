#include "server/guard/login_delays.h"

#include <algorithm>
#include <cstring>

namespace chatgate {
namespace {

constexpr int64_t kFirstDelayMs = 1'000;
constexpr int64_t kForgetMs = 15 * 60 * 1'000;
constexpr int64_t kSweepMs = 60 * 1'000;
constexpr size_t kKnownPairsMax = 16'384;
constexpr int kCandidates = 16;  // looked at for the one that must go

// The part of an address that one host owns.
std::string_view network_of(const IpAddress& address) {
  constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool is_v4 = std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin());
  return {reinterpret_cast<const char*>(address.bytes.data()), is_v4 ? size_t{16} : size_t{8}};
}

// Makes place in a full table: of some entries, wherever the iteration stands, the least one goes.
template <class Table, class Less>
void drop_least(Table& table, Less less) {
  auto least = table.begin();
  auto candidate = least;
  for (int i = 0; i < kCandidates && candidate != table.end(); ++i, ++candidate) {
    if (less(candidate->second, least->second)) least = candidate;
  }
  if (least != table.end()) table.erase(least);
}

}  // namespace

Result<LoginDelays::Attempt> LoginDelays::begin(std::string_view account, const IpAddress& address,
                                                int64_t now_ms, bool counts_account) {
  const auto network = network_of(address);
  Attempt attempt{key_of("pair", account, network), key_of("address", {}, network),
                  counts_account ? key_of("account", account, {}) : 0};
  const std::lock_guard lock(mutex_);
  int64_t wait = wait_ms(attempt.pair, kPairRule, now_ms);
  if (known_pairs_.contains(attempt.pair)) {
    attempt.address = attempt.account = 0;
  } else {
    wait = std::max({wait, wait_ms(attempt.address, kAddressRule, now_ms),
                     wait_ms(attempt.account, kAccountRule, now_ms)});
  }
  if (wait > 0) {
    Error error{ErrorCode::kRateLimited, "too many log-ins have failed; try again in " +
                                             std::to_string((wait + 999) / 1000) + " s"};
    error.retry_after_ms = wait;
    return tl::unexpected(std::move(error));
  }
  for (const uint64_t key : {attempt.pair, attempt.address, attempt.account}) {
    if (key != 0) count(key, now_ms);
  }
  return attempt;
}

void LoginDelays::succeeded(const Attempt& attempt, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  failures_.erase(attempt.pair);
  take_back(attempt.address);
  take_back(attempt.account);
  remember(attempt.pair, now_ms);
}

void LoginDelays::withdraw(const Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  for (const uint64_t key : {attempt.pair, attempt.address, attempt.account}) take_back(key);
}

size_t LoginDelays::entry_count() {
  const std::lock_guard lock(mutex_);
  return failures_.size();
}

uint64_t LoginDelays::key_of(std::string_view kind, std::string_view account,
                             std::string_view address) const {
  const auto digest = digests_.of({kind, account, address});
  uint64_t key = 0;
  std::memcpy(&key, digest.data(), sizeof key);
  return std::max<uint64_t>(key, 1);
}

// REQUIRES: the mutex is held, as in all that follow.
int64_t LoginDelays::wait_ms(uint64_t key, const Rule& rule, int64_t now_ms) const {
  const auto found = failures_.find(key);
  if (found == failures_.end() || found->second.failures < rule.free_failures) return 0;
  const auto doublings = std::min<int64_t>(found->second.failures - rule.free_failures, 20);
  const int64_t delay_ms = std::min(kFirstDelayMs << doublings, rule.delay_ms_max);
  return std::max<int64_t>(0, found->second.last_ms + delay_ms - now_ms);
}

void LoginDelays::count(uint64_t key, int64_t now_ms) {
  auto found = failures_.find(key);
  if (found == failures_.end()) {
    if (failures_.size() >= kEntriesMax) make_room(now_ms);
    found = failures_.emplace(key, Entry{}).first;
  }
  auto& entry = found->second;
  if (entry.failures > 0 && now_ms - entry.last_ms >= kForgetMs) entry.failures = 0;
  ++entry.failures;
  entry.last_ms = now_ms;
}

void LoginDelays::take_back(uint64_t key) {
  const auto found = failures_.find(key);
  if (found != failures_.end() && --found->second.failures <= 0) failures_.erase(found);
}

void LoginDelays::make_room(int64_t now_ms) {
  if (now_ms - swept_ms_ >= kSweepMs) {  // not for each entry: a sweep looks at all of them
    swept_ms_ = now_ms;
    std::erase_if(failures_,
                  [&](const auto& entry) { return now_ms - entry.second.last_ms >= kForgetMs; });
  }
  if (failures_.size() < kEntriesMax) return;
  drop_least(failures_, [](const Entry& a, const Entry& b) { return a.failures < b.failures; });
}

void LoginDelays::remember(uint64_t pair, int64_t now_ms) {
  if (known_pairs_.size() >= kKnownPairsMax && !known_pairs_.contains(pair)) {
    drop_least(known_pairs_, [](int64_t a, int64_t b) { return a < b; });
  }
  known_pairs_[pair] = now_ms;
}

}  // namespace chatgate
