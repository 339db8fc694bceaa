#include "server/guard/password_guard.h"

#include <algorithm>
#include <thread>

namespace chatgate {
namespace {

constexpr int64_t kRememberMs = 10 * 60 * 1'000;
constexpr size_t kRememberedMax = 10'000;
constexpr size_t kQueuedMax = 64;

// Each hash takes 64 MB, and half of the machine stays with the loops.
size_t thread_count() { return std::clamp<size_t>(std::thread::hardware_concurrency() / 2, 1, 4); }

Error wrong_login() { return {ErrorCode::kInvalidToken, "the name or the password is wrong"}; }

Error too_busy() {
  Error error{ErrorCode::kOverloaded, "too many log-ins at the moment; try again in a moment"};
  error.retry_after_ms = 2'000;
  return error;
}

}  // namespace

PasswordGuard::PasswordGuard(const Directory& directory, const Clock& clock)
    : directory_(directory), clock_(clock), work_(thread_count(), kQueuedMax) {}

// The delays come first even where the password is remembered: else that memory could be asked for
// the right one as fast as it answers.
Result<Principal> PasswordGuard::log_in(std::string_view name, std::string_view password,
                                        const IpAddress& address) {
  const int64_t now_ms = clock_.steady_ms();
  auto attempt = delays_.begin(name, address, now_ms);
  if (!attempt) return tl::unexpected(std::move(attempt.error()));
  const auto login = directory_.find_login(name);
  const std::string hash = login ? login->password_hash : "";
  const auto digest = digests_.of({name, password, hash});
  if (!is_remembered(digest, now_ms)) {
    const auto matches = verify(hash, password);
    if (!matches) {
      delays_.withdraw(*attempt);
      return tl::unexpected(matches.error());
    }
    if (!*matches) return tl::unexpected(wrong_login());
    remember(digest, now_ms);
  }
  delays_.succeeded(*attempt, now_ms);
  return login->principal;
}

Result<std::string> PasswordGuard::hash(std::string_view password, size_t bytes_min) {
  Result<std::string> hashed;
  const bool is_done = work_.run([&] { hashed = hash_password(password, bytes_min); });
  if (!is_done) return tl::unexpected(too_busy());
  return hashed;
}

Result<void> PasswordGuard::check_ops_key(std::string_view given, std::string_view key,
                                          const IpAddress& address, bool is_foreign) {
  const int64_t now_ms = clock_.steady_ms();
  // Names that no account can have. They count by address alone: strangers must not be able to keep
  // the administrator's programs out.
  auto attempt = delays_.begin(is_foreign ? "#ops of pages" : "#ops", address, now_ms, false);
  if (!attempt) return tl::unexpected(std::move(attempt.error()));
  if (key.empty() || !equal_secrets(given, key)) {
    return fail(ErrorCode::kInvalidToken, "the operations key is wrong or missing");
  }
  delays_.succeeded(*attempt, now_ms);
  return {};
}

// An empty hash, of an unknown name or of an account without a password, takes as long as another
// one and matches nothing.
Result<bool> PasswordGuard::verify(const std::string& hash, std::string_view password) {
  bool matches = false;
  const bool is_done = work_.run([&] {
    std::call_once(has_dummy_,
                   [this] { dummy_hash_ = hash_password("no password at all").value_or(""); });
    ++verifications_;
    matches = matches_password(hash.empty() ? dummy_hash_ : hash, password) && !hash.empty();
  });
  if (!is_done) return tl::unexpected(too_busy());
  return matches;
}

bool PasswordGuard::is_remembered(const Digest& digest, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const auto found = remembered_.find(digest);
  return found != remembered_.end() && now_ms < found->second;
}

void PasswordGuard::remember(const Digest& digest, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kRememberedMax) {
    std::erase_if(remembered_, [&](const auto& entry) { return entry.second <= now_ms; });
  }
  // Digests are random, so the first one is as good as any.
  if (remembered_.size() >= kRememberedMax) remembered_.erase(remembered_.begin());
  remembered_[digest] = now_ms + kRememberMs;
}

}  // namespace chatgate
