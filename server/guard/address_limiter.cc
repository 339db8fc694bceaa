#include "server/guard/address_limiter.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <random>

namespace chatgate {
namespace {

constexpr size_t kExactMax = 8;  // requests that are kept one by one
constexpr int64_t kParts = static_cast<int64_t>(kExactMax);
constexpr size_t kHeadWords = 2;  // of an entry: its key, and the next of its chain
constexpr uint32_t kNone = 0;     // of a chain; entry i is i + 1 there
constexpr int kReclaimLooks = 2;  // entries looked at for reuse before the table grows
constexpr int kReplaceLooks = 8;  // and to choose one from when it may not grow
constexpr int kCountBits = 24;    // of a group's word, below its time
constexpr int64_t kPermille = 1'000;

// Requests that count as one: how many, at the time of the latest. An empty one is 0. Groups stand
// at the beginning of their rule's words, oldest first.
struct Group {
  int64_t time_ms = 0;
  int64_t count = 0;
};
Group unpack(uint64_t word) {
  return {static_cast<int64_t>(word >> kCountBits),
          static_cast<int64_t>(word & ((uint64_t{1} << kCountBits) - 1))};
}
uint64_t pack(const Group& group) {
  return static_cast<uint64_t>(group.time_ms) << kCountBits | static_cast<uint64_t>(group.count);
}

int64_t divide_up(int64_t dividend, int64_t divisor) { return (dividend + divisor - 1) / divisor; }

size_t words_of(const AddressRule& rule) {
  if (rule.requests == 0) return 0;
  if (rule.burst > 0) return 1;
  const auto requests = static_cast<size_t>(rule.requests);
  return requests <= kExactMax ? requests : kExactMax + 1;  // a span may begin within an eighth
}

using Words = std::span<uint64_t>;

size_t count_groups(Words words) {
  return static_cast<size_t>(std::ranges::find(words, uint64_t{0}) - words.begin());
}

// How one rule stands with one address.
struct Standing {
  int64_t used = 0;
  int64_t wait_ms = 0;   // until there is a place
  int64_t reset_ms = 0;  // until all places are back
};

// Forgets what lies a whole span back.
void forget_old(Words words, const AddressRule& rule, int64_t now_ms) {
  const size_t groups = count_groups(words);
  size_t old = 0;
  while (old < groups && unpack(words[old]).time_ms + rule.period_ms <= now_ms) ++old;
  if (old == 0) return;
  std::copy(words.begin() + static_cast<std::ptrdiff_t>(old),
            words.begin() + static_cast<std::ptrdiff_t>(groups), words.begin());
  std::fill(words.begin() + static_cast<std::ptrdiff_t>(groups - old),
            words.begin() + static_cast<std::ptrdiff_t>(groups), uint64_t{0});
}

// A bucket's one word is the time at which it is full, in parts of which each millisecond brings
// `requests` and each request takes `period_ms`.
int64_t debt_of(uint64_t word, const AddressRule& rule, int64_t now_ms) {
  return std::max<int64_t>(static_cast<int64_t>(word) - now_ms * rule.requests, 0);
}

Standing standing_in_bucket(uint64_t word, const AddressRule& rule, int64_t now_ms) {
  const int64_t debt = debt_of(word, rule, now_ms);
  const int64_t excess = debt + rule.period_ms - rule.burst * rule.period_ms;
  return {divide_up(debt, rule.period_ms), divide_up(std::max<int64_t>(excess, 0), rule.requests),
          divide_up(debt, rule.requests)};
}

Standing standing_of(Words words, const AddressRule& rule, int64_t now_ms) {
  if (rule.burst > 0) return standing_in_bucket(words[0], rule, now_ms);
  forget_old(words, rule, now_ms);
  Standing standing;
  const size_t groups = count_groups(words);
  for (size_t i = 0; i < groups; ++i) standing.used += unpack(words[i]).count;
  if (groups == 0) return standing;
  const auto back_in = [&](uint64_t word) {
    return unpack(word).time_ms + rule.period_ms - now_ms;
  };
  // More than one place may be missing: the limit was greater before.
  int64_t missing = standing.used + 1 - rule.requests;
  for (size_t i = 0; i < groups && missing > 0; ++i) {
    standing.wait_ms = back_in(words[i]);
    missing -= unpack(words[i]).count;
  }
  standing.reset_ms = back_in(words[groups - 1]);
  return standing;
}

// The two oldest become one, at the time of the later.
void join_oldest(Words words) {
  const Group first = unpack(words[0]);
  const Group second = unpack(words[1]);
  words[1] = pack({second.time_ms, first.count + second.count});
  std::copy(words.begin() + 1, words.end(), words.begin());
  words.back() = 0;
}

void append(Words words, Group group) {
  size_t groups = count_groups(words);
  if (groups == words.size() && groups == 1) {
    words[0] = pack({group.time_ms, unpack(words[0]).count + group.count});
    return;
  }
  if (groups == words.size()) {
    join_oldest(words);
    --groups;
  }
  words[groups] = pack(group);
}

void count_request(Words words, const AddressRule& rule, int64_t now_ms) {
  if (rule.burst > 0) {
    const int64_t full_at = now_ms * rule.requests + debt_of(words[0], rule, now_ms);
    words[0] = static_cast<uint64_t>(full_at + rule.period_ms);
    return;
  }
  const size_t groups = count_groups(words);
  if (groups > 0) {
    Group latest = unpack(words[groups - 1]);
    now_ms = std::max(now_ms, latest.time_ms);  // two threads may come in the other order
    const auto eighth = [&](int64_t time_ms) { return time_ms * kParts / rule.period_ms; };
    if (words.size() > kExactMax && eighth(latest.time_ms) == eighth(now_ms)) {
      words[groups - 1] = pack({now_ms, latest.count + 1});
      return;
    }
  }
  append(words, {now_ms, 1});
}

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

// An IPv4 address under ::ffff:0:0/96's own /64-like name, which no IPv6 client has (RFC 4291
// reserves 0000::/8); of an IPv6 address its first 64 bits.
uint64_t key_of(const IpAddress& address) {
  uint64_t high = 0;
  uint64_t low = 0;
  for (size_t i = 0; i < 8; ++i) {
    high = high << 8 | address.bytes.at(i);
    low = low << 8 | address.bytes.at(i + 8);
  }
  return high == 0 && low >> 32 == 0xffff ? low : high;
}

// The seed keeps whoever chooses addresses from choosing where they lie.
uint64_t hash_of(uint64_t key, uint64_t seed) {
  const auto product = static_cast<unsigned __int128>(key ^ seed) * 0x9e3779b97f4a7c15U;
  const uint64_t mixed = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  const auto again =
      static_cast<unsigned __int128>(mixed ^ std::rotl(seed, 32)) * 0xd6e8feb86659fd93U;
  return static_cast<uint64_t>(again) ^ static_cast<uint64_t>(again >> 64);
}

}  // namespace

// Where the rules' words lie in an entry.
struct AddressLimiter::Layout {
  Rules rules{};
  std::array<size_t, kRulesMax> first_word{};
  std::array<size_t, kRulesMax> words{};
  size_t entry_words = kHeadWords;
  unsigned present = 0;  // bits of the rules that are there

  explicit Layout(const Rules& wanted) : rules(wanted) {
    for (size_t i = 0; i < kRulesMax; ++i) {
      assert(rules.at(i).requests >= 0 && rules.at(i).requests <= kRequestsMax);
      first_word.at(i) = entry_words;
      words.at(i) = words_of(rules.at(i));
      if (rules.at(i).requests > 0) present |= 1U << i;
      entry_words += words.at(i);
    }
  }
  Words words_in(uint64_t* entry, size_t rule) const {
    return {entry + first_word.at(rule), words.at(rule)};
  }
};

// A part of the table with a lock of its own: entries one after another, and chains through them.
struct alignas(64) AddressLimiter::Shard {
  std::mutex mutex;
  Layout layout{Rules{}};
  std::vector<uint64_t> entries;
  std::vector<uint32_t> chains;  // by hash; a power of two
  uint64_t seed = 0;
  size_t entries_max = 0;
  size_t hand = 0;  // goes round for entries to reuse

  size_t size() const { return entries.size() / layout.entry_words; }
  uint64_t* entry(size_t i) { return entries.data() + i * layout.entry_words; }
  uint32_t& chain_of(uint64_t key) {
    return chains[(hash_of(key, seed) >> 8) & (chains.size() - 1)];  // the low bits chose the shard
  }

  uint64_t* find(uint64_t key);
  uint64_t* find_or_add(uint64_t key, int64_t now_ms);
  Verdict judge(uint64_t* of_address, unsigned wanted, int64_t now_ms) const;
  void change_layout(const Layout& fresh, int64_t now_ms);

 private:
  bool is_idle(uint64_t* of_address, int64_t now_ms) const;
  int64_t permille_used(uint64_t* of_address, int64_t now_ms) const;
  uint64_t* reuse(size_t i, uint64_t key);
  uint64_t* push(uint64_t key);
  void link(size_t i);
  void build_chains();
  size_t next_hand() { return hand = hand + 1 < size() ? hand + 1 : 0; }
};

uint64_t* AddressLimiter::Shard::find(uint64_t key) {
  if (chains.empty()) return nullptr;
  for (uint64_t at = chain_of(key); at != kNone; at = entry(at - 1)[1]) {
    if (entry(at - 1)[0] == key) return entry(at - 1);
  }
  return nullptr;
}

uint64_t* AddressLimiter::Shard::find_or_add(uint64_t key, int64_t now_ms) {
  if (uint64_t* known = find(key)) return known;
  for (int i = 0; i < kReclaimLooks && size() > 0; ++i) {
    const size_t candidate = next_hand();
    if (is_idle(entry(candidate), now_ms)) return reuse(candidate, key);
  }
  if (size() < entries_max) return push(key);
  size_t least = 0;
  int64_t least_used = std::numeric_limits<int64_t>::max();
  for (int i = 0; i < kReplaceLooks && least_used > 0; ++i) {
    const size_t candidate = next_hand();
    const int64_t used = permille_used(entry(candidate), now_ms);
    if (used < least_used) {
      least = candidate;
      least_used = used;
    }
  }
  return reuse(least, key);
}

AddressLimiter::Verdict AddressLimiter::Shard::judge(uint64_t* of_address, unsigned wanted,
                                                     int64_t now_ms) const {
  Verdict verdict;
  std::array<Standing, kRulesMax> standings;
  for (size_t i = 0; i < kRulesMax; ++i) {
    if ((wanted >> i & 1) == 0) continue;
    standings.at(i) = standing_of(layout.words_in(of_address, i), layout.rules.at(i), now_ms);
    verdict.retry_after_ms = std::max(verdict.retry_after_ms, standings.at(i).wait_ms);
  }
  verdict.is_admitted = verdict.retry_after_ms == 0;
  for (size_t i = 0; i < kRulesMax; ++i) {
    if ((wanted >> i & 1) == 0) continue;
    const AddressRule& rule = layout.rules.at(i);
    const Words words = layout.words_in(of_address, i);
    if (verdict.is_admitted) {
      count_request(words, rule, now_ms);
      standings.at(i) = standing_of(words, rule, now_ms);
    } else if (standings.at(i).wait_ms < verdict.retry_after_ms) {
      continue;
    }
    const int64_t limit = rule.burst > 0 ? rule.burst : rule.requests;
    const int64_t remaining = std::max<int64_t>(limit - standings.at(i).used, 0);
    if (verdict.place < kRulesMax && remaining >= verdict.remaining) continue;
    verdict.place = i;
    verdict.rule = rule;
    verdict.limit = limit;
    verdict.remaining = remaining;
    verdict.reset_ms = standings.at(i).reset_ms;
  }
  return verdict;
}

// All rules change at once, and each entry is written anew.
void AddressLimiter::Shard::change_layout(const Layout& fresh, int64_t now_ms) {
  Shard before;
  before.layout = layout;
  before.entries.swap(entries);
  chains.clear();
  layout = fresh;
  hand = 0;
  for (size_t n = 0; n < before.size(); ++n) {
    uint64_t* old = before.entry(n);
    if (before.is_idle(old, now_ms)) continue;
    const size_t begin = entries.size();
    entries.resize(begin + layout.entry_words);
    entries[begin] = old[0];
    for (size_t i = 0; i < kRulesMax; ++i) {
      const AddressRule& was = before.layout.rules.at(i);
      const AddressRule& is = layout.rules.at(i);
      const Words from = before.layout.words_in(old, i);
      const Words to = layout.words_in(entries.data() + begin, i);
      if (from.empty() || to.empty() || (was.burst > 0) != (is.burst > 0)) continue;
      if (is.burst > 0) {
        to[0] = static_cast<uint64_t>(now_ms * is.requests + debt_of(from[0], was, now_ms));
        continue;
      }
      const size_t groups = count_groups(from);
      for (size_t k = 0; k < groups; ++k) append(to, unpack(from[k]));
    }
    if (is_idle(entries.data() + begin, now_ms)) entries.resize(begin);
  }
  build_chains();
}

bool AddressLimiter::Shard::is_idle(uint64_t* of_address, int64_t now_ms) const {
  return permille_used(of_address, now_ms) == 0;
}

// Of the limit that it has come nearest to.
int64_t AddressLimiter::Shard::permille_used(uint64_t* of_address, int64_t now_ms) const {
  int64_t most = 0;
  for (size_t i = 0; i < kRulesMax; ++i) {
    const AddressRule& rule = layout.rules.at(i);
    if (rule.requests == 0) continue;
    const int64_t used = standing_of(layout.words_in(of_address, i), rule, now_ms).used;
    const int64_t limit = rule.burst > 0 ? rule.burst : rule.requests;
    most = std::max(most, divide_up(used * kPermille, limit));
  }
  return most;
}

uint64_t* AddressLimiter::Shard::reuse(size_t i, uint64_t key) {
  uint64_t* const of_address = entry(i);
  uint32_t& first = chain_of(of_address[0]);
  if (first == i + 1) {
    first = static_cast<uint32_t>(of_address[1]);
  } else {
    uint64_t before = first;
    while (entry(before - 1)[1] != i + 1) before = entry(before - 1)[1];
    entry(before - 1)[1] = of_address[1];
  }
  std::fill_n(of_address, layout.entry_words, uint64_t{0});
  of_address[0] = key;
  link(i);
  return of_address;
}

uint64_t* AddressLimiter::Shard::push(uint64_t key) {
  const size_t i = size();
  entries.resize(entries.size() + layout.entry_words);
  entry(i)[0] = key;
  if (size() > chains.size()) {
    build_chains();
  } else {
    link(i);
  }
  return entry(i);
}

void AddressLimiter::Shard::link(size_t i) {
  uint32_t& first = chain_of(entry(i)[0]);
  entry(i)[1] = first;
  first = static_cast<uint32_t>(i + 1);
}

void AddressLimiter::Shard::build_chains() {
  if (size() == 0) return;
  chains.assign(std::bit_ceil(size() * 2), kNone);
  for (size_t i = 0; i < size(); ++i) link(i);
}

AddressLimiter::AddressLimiter(size_t entries_max)
    : seed_(random_seed()), shards_(std::make_unique<std::array<Shard, kShards>>()) {
  // Addresses spread over the shards by chance: a sixteenth of room for those that get more.
  const size_t share = std::max<size_t>(entries_max / kShards, 1);
  for (auto& shard : *shards_) {
    shard.seed = seed_;
    shard.entries_max = share + share / 16;
  }
}

AddressLimiter::~AddressLimiter() = default;

AddressLimiter::Shard& AddressLimiter::shard_of(uint64_t hash) {
  return shards_->at(hash % kShards);
}

void AddressLimiter::set_rules(const Rules& rules, int64_t now_ms) {
  const Layout layout(rules);
  present_ |= layout.present;
  for (auto& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    if (shard.layout.rules != rules) shard.change_layout(layout, now_ms);
  }
  present_ = layout.present;
}

AddressLimiter::Verdict AddressLimiter::admit(const IpAddress& address, unsigned wanted,
                                              int64_t now_ms) {
  if ((wanted & present_.load(std::memory_order_relaxed)) == 0) return {};  // without a lock
  const uint64_t key = key_of(address);
  Shard& shard = shard_of(hash_of(key, seed_));
  const std::lock_guard lock(shard.mutex);
  wanted &= shard.layout.present;
  if (wanted == 0) return {};
  return shard.judge(shard.find_or_add(key, now_ms), wanted, now_ms);
}

size_t AddressLimiter::entry_count() {
  size_t count = 0;
  for (auto& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    count += shard.size();
  }
  return count;
}

size_t AddressLimiter::entry_bytes() {
  const std::lock_guard lock(shards_->front().mutex);
  return shards_->front().layout.entry_words * sizeof(uint64_t);
}

}  // namespace chatgate
