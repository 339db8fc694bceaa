// Secrets at rest and in logs. Sealing is libsodium's secretbox under the master key. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

using MasterKey = std::array<uint8_t, 32>;

// From `file` (64 hexadecimal digits; unreadable by others) or, when that is empty, from the
// environment CHATGATE_MASTER_KEY. kNotFound when there is neither.
Result<MasterKey> load_master_key(const std::string& file);

// Nonce and ciphertext in base64url; open_sealed refuses what another key sealed.
std::string seal(std::string_view plain, const MasterKey& key);
Result<std::string> open_sealed(std::string_view sealed, const MasterKey& key);

// Whether an upstream's key can stand in a header: a line end would forge another one, a space or
// a character beyond ASCII would never be accepted. The message does not show the key.
Result<void> check_upstream_key(std::string_view key);

// The Argon2id hash of a password of `bytes_min` to 1024 bytes, with its salt, as text for the
// database. Takes 64 MB of memory and a tenth of a second, on purpose.
inline constexpr size_t kPasswordBytesMin = 8;
Result<std::string> hash_password(std::string_view password, size_t bytes_min = kPasswordBytesMin);
bool matches_password(const std::string& hash, std::string_view password);

// "sk-c…x9Qf" for people: the first 4 and last 4 characters, or only "…" when shorter than 16.
std::string mask(std::string_view secret);
// Compares in time that depends on the lengths alone.
bool equal_secrets(std::string_view a, std::string_view b);

// Digests under a random key that dies with the process: they let a table remember secrets, or
// what strangers choose, without holding the one or letting the other choose its places.
class SecretDigests {
 public:
  using Digest = std::array<uint8_t, 32>;
  SecretDigests();
  ~SecretDigests();
  SecretDigests(const SecretDigests&) = delete;
  SecretDigests& operator=(const SecretDigests&) = delete;

  // Of the texts in this order; {"a", "bc"} and {"ab", "c"} differ.
  Digest of(std::initializer_list<std::string_view> texts) const;

 private:
  std::array<uint8_t, 32> key_{};
};

}  // namespace chatgate
