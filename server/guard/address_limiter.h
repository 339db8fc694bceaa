// How often one network address may ask: so many requests in any second, minute and hour, and for
// some doors a bucket besides. An IPv4 address counts alone, IPv6 addresses by their /64, which one
// host owns whole. Safe from any thread; a decision takes one short lock and no allocation but for
// the table's growth.
//
// DESIGN. "3 per minute" means that no span of a minute, wherever it begins, sees more than 3
// admitted requests. So each rule keeps when its requests were: up to 8 of them one by one, which
// is exact; above, together by eighths of the rule's span, each at the time of its latest. A place
// comes back one span after the request that took it, above 8 at most an eighth of the span later,
// and never earlier. (Rejected: a token bucket, which admits nearly twice its count in a span;
// windows that begin on the full minute, which do the same around their seams.)
//
// Memory is bounded: an address takes at most 240 bytes, mostly fewer (see entry_bytes), and there
// are at most kEntriesMax of them, taken from the system only as they come. An address whose places
// are all back is forgotten for the next new one. When all are in use, a new address replaces the
// one of several that has used the least of its limits: nobody is locked out by others' requests,
// and whoever has used up his limits must find as many addresses that use up theirs to be
// forgotten.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "common/net/address.h"

namespace chatgate {

struct AddressRule {
  int64_t requests = 0;  // at most kRequestsMax; 0: no such rule
  int64_t period_ms = 1000;
  // 0: at most `requests` in any span of `period_ms`. Else a bucket: this many at once, refilled
  // evenly by `requests` in each `period_ms`.
  int64_t burst = 0;
  bool operator==(const AddressRule&) const = default;
};

class AddressLimiter {
 public:
  static constexpr size_t kRulesMax = 4;
  static constexpr int64_t kRequestsMax = 1'000'000;
  static constexpr size_t kEntriesMax = size_t{1} << 20;
  using Rules = std::array<AddressRule, kRulesMax>;

  // Of the rule that decided: the one that refuses for longest or, of an admitted request, leaves
  // least.
  struct Verdict {
    bool is_admitted = true;
    int64_t retry_after_ms = 0;  // earlier it would be refused again, then it passes
    size_t place = kRulesMax;    // of the rule; kRulesMax: none applies
    AddressRule rule;
    int64_t limit = 0;
    int64_t remaining = 0;
    int64_t reset_ms = 0;  // until all places are back
  };

  explicit AddressLimiter(size_t entries_max = kEntriesMax);
  ~AddressLimiter();

  // Puts rules into force. What a rule counted stays counted when the rule of the same place in
  // the array changes its number.
  void set_rules(const Rules& rules, int64_t now_ms);

  // Counts a request at the rules whose bits are set in `wanted` (1 << place), at all or at none.
  Verdict admit(const IpAddress& address, unsigned wanted, int64_t now_ms);

  size_t entry_count();  // addresses that are remembered
  size_t entry_bytes();  // that each takes, without the index's 4 to 12

 private:
  struct Layout;
  struct Shard;
  static constexpr size_t kShards = 256;

  Shard& shard_of(uint64_t hash);

  const uint64_t seed_;
  std::atomic<unsigned> present_ = 0;  // bits of the rules that any shard has
  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace chatgate
