#include "server/transport/tls_endpoint.h"

#include <sys/stat.h>
#include <algorithm>
#include <string_view>
#include <thread>

#include "common/log/log.h"

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
  return load(settings.files, false);
}

void TlsEndpoint::look_after_files() {
  const auto files = settings().files;
  const bool is_old = clock_.steady_ms() - loaded_ms_ > kTicketKeysMs;
  if (stamps_of(files) == stamps_ && !is_old) return;
  if (auto loaded = load(files, is_old); !loaded) {
    loaded_ms_ = clock_.steady_ms();
    log::error("tls_files_kept", {{"reason", std::string_view(loaded.error().message)}});
  }
}

Result<void> TlsEndpoint::load(const TlsFiles& files, bool even_if_same) {
  stamps_ = stamps_of(files);  // first: a change while they are read is seen the next time
  auto loaded = TlsContext::load(files);
  if (!loaded) return tl::unexpected(std::move(loaded.error()));
  const std::lock_guard lock(mutex_);
  const bool is_same =
      context_ && context_->digest() == (*loaded)->digest() && settings_.files == files;
  if (is_same && !even_if_same) return {};
  for (const std::string_view warning : (*loaded)->warnings()) {
    log::warn("tls_warning", {{"reason", warning}});
  }
  if (context_) {
    log::info("tls_files_read", {{"valid_until", std::string_view((*loaded)->valid_until())}});
  }
  context_ = std::move(*loaded);
  settings_.files = files;
  loaded_ms_ = clock_.steady_ms();
  return {};
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
