// Who logs in by name and password, and whether the operations key is right. One guard serves all
// loops; its calls are made inside coroutines and never block a loop: Argon2id runs on threads of
// its own. A log-in that succeeded is remembered for some minutes, so that a client that sends its
// password with each request does not pay for the hash each time. Nothing tells a name that exists
// from one that does not: the same sentence, the same work, the same delays (login_delays.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/net/address.h"
#include "common/result.h"
#include "server/books/directory.h"
#include "server/guard/login_delays.h"
#include "server/transport/slow_work.h"

namespace chatgate {

class PasswordGuard {
 public:
  PasswordGuard(const Directory& directory, const Clock& clock);

  // kInvalidToken for a wrong name or password; kRateLimited after failures, even for the right
  // ones; kOverloaded; kUserBlocked, which only the right password learns.
  Result<Principal> log_in(std::string_view name, std::string_view password,
                           const IpAddress& address);

  // The hash for the books. kInvalidArgument, kOverloaded.
  Result<std::string> hash(std::string_view password, size_t bytes_min);

  // The operations key. kInvalidToken, kRateLimited. `is_foreign`: a web page of another origin
  // sends it. Such guesses wait by themselves: whoever opens a page must not be kept out by it.
  Result<void> check_ops_key(std::string_view given, std::string_view key, const IpAddress& address,
                             bool is_foreign);

  // How many hashes were computed to judge log-ins.
  int64_t verifications() const { return verifications_; }

 private:
  using Digest = SecretDigests::Digest;

  Result<bool> verify(const std::string& hash, std::string_view password);
  bool is_remembered(const Digest& digest, int64_t now_ms);
  void remember(const Digest& digest, int64_t now_ms);

  const Directory& directory_;
  const Clock& clock_;
  const SecretDigests digests_;
  LoginDelays delays_;
  std::atomic<int64_t> verifications_ = 0;
  std::once_flag has_dummy_;
  std::string dummy_hash_;  // of no password; what unknown names are judged by
  std::mutex mutex_;
  std::map<Digest, int64_t> remembered_;  // until when
  SlowWork work_;                         // last: its threads use what stands above
};

}  // namespace chatgate
