#include "server/transport/tls_endpoint.h"

#include <sys/stat.h>
#include <algorithm>
#include <string_view>
#include <thread>

#include "common/log/log.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

// Whoever steals the keys of the tickets can read what was said since they were made.
constexpr int64_t kTicketKeysMs = 12 * 3'600'000;
// A second's work of one thread, more or less; who comes later is turned away rather than kept.
constexpr size_t kQueuedMax = 1024;

// Half the cores: handshakes shall not keep the loops from their processors either.
size_t worker_count() { return std::max<size_t>(1, std::thread::hardware_concurrency() / 2); }

}  // namespace

TlsEndpoint::TlsEndpoint(const Clock& clock)
    : clock_(clock), workers_(worker_count(), kQueuedMax) {}
TlsEndpoint::~TlsEndpoint() = default;

Result<void> TlsEndpoint::use(const TlsSettings& settings) {
  {
    const std::lock_guard lock(mutex_);
    settings_.client_users = settings.client_users;
  }
  auto loaded = load(settings.files, false);
  const std::lock_guard lock(mutex_);
  if (loaded) refused_.reset();
  return loaded;
}

void TlsEndpoint::look_after_files() {
  const auto files = settings().files;
  const bool is_old = clock_.steady_ms() - loaded_ms_ > kTicketKeysMs;
  if (stamps_of(files) == stamps_ && !is_old && clock_.now() < look_again_) return;
  if (auto loaded = load(files, is_old); !loaded) {
    loaded_ms_ = clock_.steady_ms();
    log::error("tls_files_kept", {{"reason", std::string_view(loaded.error().message)}});
  }
}

Result<void> TlsEndpoint::load(const TlsFiles& files, bool even_if_same) {
  stamps_ = stamps_of(files);  // first: a change while they are read is seen the next time
  look_again_ = kNever;
  auto loaded = TlsContext::load(files);
  auto usable = loaded ? check_times(files, **loaded) : tl::unexpected(loaded.error());
  const std::lock_guard lock(mutex_);
  if (!usable) {
    refused_ = files;
    return usable;
  }
  if (refused_ == files) refused_.reset();
  const bool is_same =
      context_ && context_->digest() == (*loaded)->digest() && settings_.files == files;
  if (is_same && !even_if_same) return {};
  for (const std::string_view warning : (*loaded)->warnings()) {
    log::warn("tls_warning", {{"reason", warning}});
  }
  if (context_) {
    const std::string until = format_rfc3339((*loaded)->valid_until());
    log::info("tls_files_read", {{"valid_until", std::string_view(until)}});
  }
  context_ = std::move(*loaded);
  settings_.files = files;
  loaded_ms_ = clock_.steady_ms();
  return {};
}

// A certificate that clients refuse is worse than an older one that they accept; where they refuse
// both, the files say what is wanted.
Result<void> TlsEndpoint::check_times(const TlsFiles& files, const TlsContext& fresh) {
  const auto old = context();
  const auto now = clock_.now();
  if (!old || !old->is_valid_at(now) || fresh.is_valid_at(now)) return {};
  const bool is_early = now < fresh.valid_from();
  look_again_ = is_early ? std::min(fresh.valid_from(), old->valid_until()) : old->valid_until();
  return fail(ErrorCode::kInvalidArgument,
              "tls_cert " + files.certificate + ": the certificate " +
                  (is_early ? "is not valid before " + format_rfc3339(fresh.valid_from())
                            : "expired on " + format_rfc3339(fresh.valid_until())) +
                  ", and the one in force is valid until " + format_rfc3339(old->valid_until()));
}

bool TlsEndpoint::are_files_kept() const {
  const std::lock_guard lock(mutex_);
  return refused_.has_value();
}

std::shared_ptr<const TlsContext> TlsEndpoint::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

TlsSettings TlsEndpoint::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

std::string TlsEndpoint::account_of(const ClientCertificate& certificate) const {
  const std::lock_guard lock(mutex_);
  return chatgate::account_of(settings_.client_users, certificate);
}

bool TlsEndpoint::begin_handshake() {
  if (++handshakes_ <= kHandshakesMax) return true;
  --handshakes_;
  return false;
}

TlsEndpoint::Stamp TlsEndpoint::stamp_of(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size,
          status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

TlsEndpoint::Stamps TlsEndpoint::stamps_of(const TlsFiles& files) {
  return {stamp_of(files.certificate), stamp_of(files.key), stamp_of(files.client_ca)};
}

}  // namespace chatgate
