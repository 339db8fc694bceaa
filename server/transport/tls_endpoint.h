// What the TLS listeners of a gateway share: the certificate in force, who is who among clients'
// certificates, and the threads that compute handshakes. Any thread, unless said otherwise.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/clock.h"
#include "server/tls/tls_context.h"
#include "server/transport/slow_work.h"

namespace chatgate {

class TlsEndpoint {
 public:
  explicit TlsEndpoint(const Clock& clock);
  ~TlsEndpoint();  // REQUIRES: no loop runs any more on which a handshake is under way
  TlsEndpoint(const TlsEndpoint&) = delete;
  TlsEndpoint& operator=(const TlsEndpoint&) = delete;

  // Connections that begin from now on are served with these files; those of before go on as they
  // are. The accounts are those of all connections from now on, whatever becomes of the files:
  // when these cannot be served with, the error says why and the old ones stay in force. They also
  // stay while their certificate is valid and that of the new ones is not.
  // REQUIRES, as look_after_files does: one thread at a time, the main one.
  Result<void> use(const TlsSettings& settings);

  // The same with the files of now, if one has changed since they were last looked at, if the
  // keys of the tickets are old, or if the time has come of a certificate that was not taken for
  // its time. The log tells what came of it. To be called now and then.
  void look_after_files();
  // Whether files that were given last are not in force.
  bool are_files_kept() const;

  std::shared_ptr<const TlsContext> context() const;  // REQUIRES: one use has succeeded
  TlsSettings settings() const;                       // in force
  // Empty when the certificate proves none.
  std::string account_of(const ClientCertificate& certificate) const;

  // Handshakes that have begun and not ended are bounded: each holds buffers that an open
  // connection does not. False when there are too many; each true is followed by one end.
  bool begin_handshake();
  void end_handshake() { --handshakes_; }
  SlowWork& workers() { return workers_; }

  static constexpr int kHandshakesMax = 4096;

 private:
  static constexpr Timestamp kNever{std::numeric_limits<int64_t>::max()};

  // What tells one state of a file from another.
  struct Stamp {
    uint64_t device = 0, inode = 0;
    int64_t bytes = -1, changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 3>;
  static Stamp stamp_of(const std::string& path);
  static Stamps stamps_of(const TlsFiles& files);
  Result<void> load(const TlsFiles& files, bool even_if_same);
  Result<void> check_times(const TlsFiles& files, const TlsContext& fresh);

  const Clock& clock_;
  mutable std::mutex mutex_;
  TlsSettings settings_;                       // within the lock
  std::shared_ptr<const TlsContext> context_;  // within the lock
  std::optional<TlsFiles> refused_;            // within the lock; what was to be in force
  Stamps stamps_;                              // of the last look, whatever came of it
  Timestamp look_again_ = kNever;              // even if no file changes
  int64_t loaded_ms_ = 0;                      // when the context was made, by the steady clock
  std::atomic<int> handshakes_ = 0;
  SlowWork workers_;  // last: its threads use what stands above
};

}  // namespace chatgate
