// TLS on one connection's socket: OpenSSL between the bytes on the wire and those of HTTP. Nothing
// here waits: a step that cannot go on says what for. One step at a time, on whatever thread; on a
// loop's own stack or a worker's, as OpenSSL's use of the stack is not ours to bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/tls/client_certificate.h"
#include "server/tls/tls_context.h"

struct ssl_st;

namespace chatgate {

// What must come before the next step of a transfer can succeed.
enum class Need : uint8_t { kNothing, kReadable, kWritable, kOver };

struct Transfer {
  size_t bytes = 0;
  Need need = Need::kNothing;
};

class TlsChannel {
 public:
  // `socket` is connected and non-blocking, stays the caller's, and is open at each step.
  TlsChannel(std::shared_ptr<const TlsContext> context, int socket);
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // As the server. kNothing: it is done. kOver: it has failed, for `failure()`.
  Need shake_hands();

  // Until `size` bytes are there or no more has come. kOver with 0 bytes: the peer has ended its
  // side, in order or not.
  Transfer read(char* bytes, size_t size);
  // After kReadable or kWritable the same bytes must be given again.
  Transfer write(std::string_view bytes);
  // Whether a read may succeed without anything new on the socket.
  bool may_have_more() const { return may_have_more_; }

  // Tells the peer that nothing follows, if it can be told now. Without it the peer knows that it
  // was cut off.
  void end();

  // Whether anything, an alert say, was sent. In OpenSSL's words why a step failed.
  bool has_sent() const;
  const std::string& failure() const { return failure_; }

  // That of the client, if it has shown one that is good; after the handshake.
  const std::optional<ClientCertificate>& certificate() const { return certificate_; }
  // The account that it proves, for the request under way.
  std::string client_user;

 private:
  struct Deleter {
    void operator()(ssl_st* ssl) const;
  };
  Need judge(int result);
  void know_peer();

  std::shared_ptr<const TlsContext> context_;
  std::unique_ptr<ssl_st, Deleter> ssl_;
  std::optional<ClientCertificate> certificate_;
  std::string failure_;
  bool may_have_more_ = true;
  bool is_over_ = false;     // nothing more can be read
  bool is_broken_ = false;   // nothing can be sent either
  bool is_writing_ = false;  // a write must be taken up again first
};

}  // namespace chatgate
