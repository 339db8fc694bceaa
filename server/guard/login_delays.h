// How fast guesses at passwords may come: failed log-ins make the next ones wait, longer with each,
// by the account and the address together, by the address, and by the account. Safe from any
// thread; a decision takes one short lock.
//
// DESIGN. What counts at once is the pair of account and address: ten failures are free, then each
// doubles the wait, up to half a minute. An address that tries many accounts waits by itself, and
// so does an account that many addresses try. Neither of the last two holds for a pair that has
// logged in before: whoever attacks an account from elsewhere never locks its owner out where he
// usually is. An attempt counts as failed from its beginning, so that a hundred at the same time
// are not a hundred free ones. An IPv6 address counts by its /64, which one host owns whole.
// Whether an account exists plays no part.
//
// Memory is bounded: failures are forgotten after a quarter of an hour, and beyond kEntriesMax of
// them the ones that matter least.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "common/net/address.h"
#include "common/result.h"
#include "common/secrets/secrets.h"

namespace chatgate {

class LoginDelays {
 public:
  static constexpr size_t kEntriesMax = 65'536;

  // An attempt under way: where it counts.
  struct Attempt {
    uint64_t pair = 0;
    uint64_t address = 0;  // 0: not counted there
    uint64_t account = 0;
  };

  // Counts an attempt. kRateLimited, with the time to wait, when it comes too early.
  // `counts_account`: by the account from wherever, too. Not for what has no usual addresses.
  Result<Attempt> begin(std::string_view account, const IpAddress& address, int64_t now_ms,
                        bool counts_account = true);
  // The password was right: the attempt does not count, nor do earlier ones of the pair.
  void succeeded(const Attempt& attempt, int64_t now_ms);
  // It was not judged: it does not count.
  void withdraw(const Attempt& attempt);

  size_t entry_count();

 private:
  struct Rule {
    int64_t free_failures = 0;
    int64_t delay_ms_max = 0;
  };
  struct Entry {
    int64_t failures = 0;
    int64_t last_ms = 0;
  };
  static constexpr Rule kPairRule{10, 30'000};
  static constexpr Rule kAddressRule{30, 30'000};
  static constexpr Rule kAccountRule{30, 5'000};

  uint64_t key_of(std::string_view kind, std::string_view account, std::string_view address) const;
  int64_t wait_ms(uint64_t key, const Rule& rule, int64_t now_ms) const;
  void count(uint64_t key, int64_t now_ms);
  void take_back(uint64_t key);
  void make_room(int64_t now_ms);
  void remember(uint64_t pair, int64_t now_ms);

  const SecretDigests digests_;
  std::mutex mutex_;
  std::unordered_map<uint64_t, Entry> failures_;
  int64_t swept_ms_ = 0;                               // when the forgotten ones were last removed
  std::unordered_map<uint64_t, int64_t> known_pairs_;  // since when they have not logged in
};

}  // namespace chatgate
