#include "common/secrets/secrets.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include "common/config/environment.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

static_assert(std::tuple_size_v<MasterKey> == crypto_secretbox_KEYBYTES);

constexpr std::string_view kKeyVariable = "CHATGATE_MASTER_KEY";
constexpr size_t kPasswordBytesMax = 1024;
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

void require_sodium() {
  static const bool is_ready = sodium_init() >= 0;
  if (!is_ready) std::abort();  // no source of randomness: nothing secret can be made
}

Result<MasterKey> parse_master_key(std::string_view text, const std::string& source) {
  MasterKey key{};
  const std::string_view digits = trim(text);
  size_t length = 0;
  const bool is_hex = digits.size() == key.size() * 2 &&
                      sodium_hex2bin(key.data(), key.size(), digits.data(), digits.size(), nullptr,
                                     &length, nullptr) == 0;
  if (!is_hex || length != key.size()) {
    return fail(ErrorCode::kInvalidArgument,
                source + " must hold 64 hexadecimal digits; make them with `openssl rand -hex 32`");
  }
  return key;
}

Result<std::string> read_key_file(const std::string& file) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kInvalidArgument, "master key file " + file + ": " + why);
  };
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return refuse(std::generic_category().message(errno));
  struct stat status {};
  std::string text(256, '\0');
  const bool is_stated = ::fstat(descriptor, &status) == 0;
  const ssize_t length =
      is_stated && S_ISREG(status.st_mode) ? ::read(descriptor, text.data(), text.size()) : -1;
  ::close(descriptor);
  if (length < 0) return refuse("it cannot be read as a file");
  if ((status.st_mode & S_IRWXO) != 0) {
    return refuse("every user of this machine may open it; run `chmod 600 " + file + "`");
  }
  text.resize(static_cast<size_t>(length));
  return text;
}

}  // namespace

Result<MasterKey> load_master_key(const std::string& file) {
  require_sodium();
  if (!file.empty()) {
    return read_key_file(file).and_then(
        [&](const std::string& text) { return parse_master_key(text, "master key file " + file); });
  }
  const auto text = environment_value(kKeyVariable);
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) {
    return fail(ErrorCode::kNotFound,
                "there is no master key; put 64 hexadecimal digits (`openssl rand -hex 32`) into a "
                "file that master_key_file names, or into CHATGATE_MASTER_KEY");
  }
  return parse_master_key(*text, "environment " + std::string(kKeyVariable));
}

std::string seal(std::string_view plain, const MasterKey& key) {
  require_sodium();
  std::vector<uint8_t> sealed(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES +
                              plain.size());
  randombytes_buf(sealed.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(sealed.data() + crypto_secretbox_NONCEBYTES,
                        reinterpret_cast<const uint8_t*>(plain.data()), plain.size(), sealed.data(),
                        key.data());
  std::string text(sodium_base64_encoded_len(sealed.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), sealed.data(), sealed.size(), kBase64);
  text.pop_back();  // the terminating null
  return text;
}

Result<std::string> open_sealed(std::string_view sealed, const MasterKey& key) {
  require_sodium();
  constexpr size_t kOverhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  std::vector<uint8_t> bytes(sealed.size() + 1);  // never empty: libsodium wants an address
  size_t length = 0;
  const char* end = nullptr;
  const bool is_decoded = sodium_base642bin(bytes.data(), bytes.size(), sealed.data(),
                                            sealed.size(), nullptr, &length, &end, kBase64) == 0 &&
                          end == sealed.data() + sealed.size() && length >= kOverhead;
  std::string plain(is_decoded ? length - kOverhead : 0, '\0');
  if (!is_decoded || crypto_secretbox_open_easy(reinterpret_cast<uint8_t*>(plain.data()),
                                                bytes.data() + crypto_secretbox_NONCEBYTES,
                                                length - crypto_secretbox_NONCEBYTES, bytes.data(),
                                                key.data()) != 0) {
    return fail(ErrorCode::kRefused,
                "a stored secret cannot be opened: it was sealed with another master key or has "
                "been changed");
  }
  return plain;
}

Result<void> check_upstream_key(std::string_view key) {
  const bool is_printable = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (is_printable) return {};
  return fail(ErrorCode::kInvalidArgument,
              "the key has a space, a line end, a control character or one beyond ASCII in it");
}

Result<std::string> hash_password(std::string_view password, size_t bytes_min) {
  require_sodium();
  if (password.size() < bytes_min || password.size() > kPasswordBytesMax) {
    return fail(ErrorCode::kInvalidArgument, "a password has " + std::to_string(bytes_min) +
                                                 " to 1024 bytes, and this one " +
                                                 std::to_string(password.size()));
  }
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(),
                            crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(ErrorCode::kSystem,
                "hashing a password takes 64 MB of memory, which there are not");
  }
  return std::string(text.data());
}

bool matches_password(const std::string& hash, std::string_view password) {
  require_sodium();
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

std::string mask(std::string_view secret) {
  constexpr size_t kShown = 4;
  if (secret.size() < 16) return "…";
  return std::string(secret.substr(0, kShown)) + "…" +
         std::string(secret.substr(secret.size() - kShown));
}

SecretDigests::SecretDigests() {
  require_sodium();
  randombytes_buf(key_.data(), key_.size());
}

SecretDigests::~SecretDigests() { sodium_memzero(key_.data(), key_.size()); }

SecretDigests::Digest SecretDigests::of(std::initializer_list<std::string_view> texts) const {
  crypto_generichash_state state;
  Digest digest{};
  crypto_generichash_init(&state, key_.data(), key_.size(), digest.size());
  for (const auto text : texts) {
    const uint64_t length = text.size();
    crypto_generichash_update(&state, reinterpret_cast<const uint8_t*>(&length), sizeof length);
    crypto_generichash_update(&state, reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  crypto_generichash_final(&state, digest.data(), digest.size());
  return digest;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace chatgate
