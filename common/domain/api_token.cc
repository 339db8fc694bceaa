#include "common/domain/api_token.h"

#include <sodium.h>

#include <algorithm>
#include <cstdlib>

namespace chatgate {
namespace {

constexpr std::string_view kTokenStart = "sk-cg-";
constexpr size_t kSecretBytes = 32;
constexpr size_t kPrefixBytes = kTokenStart.size() + 6;
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

// Without its random source the program must not go on: every secret would be guessable.
void require_sodium() {
  static const int status = sodium_init();
  if (status < 0) std::abort();
}

}  // namespace

std::string generate_api_token() {
  require_sodium();
  std::array<uint8_t, kSecretBytes> secret;
  randombytes_buf(secret.data(), secret.size());
  std::array<char, sodium_base64_ENCODED_LEN(kSecretBytes, kBase64)> text;
  sodium_bin2base64(text.data(), text.size(), secret.data(), secret.size(), kBase64);
  std::string token(kTokenStart);
  token += text.data();
  sodium_memzero(secret.data(), secret.size());
  sodium_memzero(text.data(), text.size());
  return token;
}

bool is_api_token(std::string_view text) { return text.starts_with(kTokenStart); }

TokenHash hash_of_token(std::string_view token) {
  TokenHash hash;
  static_assert(std::tuple_size_v<TokenHash> == crypto_hash_sha256_BYTES);
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(token.data()),
                     token.size());
  return hash;
}

std::string prefix_of_token(std::string_view token) {
  // Of a short token that another system made, never more than a third is shown.
  const size_t shown = std::min(kPrefixBytes, token.size() / 3);
  return std::string(token.substr(0, shown));
}

bool matches_model(const std::vector<std::string>& patterns, std::string_view model) {
  if (patterns.empty()) return true;
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == model;
    return model.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

}  // namespace chatgate
