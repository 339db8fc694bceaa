#include "server/transport/tls_channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <utility>

namespace chatgate {

void TlsChannel::Deleter::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsChannel::TlsChannel(std::shared_ptr<const TlsContext> context, int socket)
    : context_(std::move(context)), ssl_(SSL_new(context_->get())) {
  if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), socket) != 1) {
    ssl_.reset();
    failure_ = "out of memory";
    is_over_ = is_broken_ = true;
    return;
  }
  SSL_set_accept_state(ssl_.get());
}

TlsChannel::~TlsChannel() = default;

Need TlsChannel::shake_hands() {
  if (is_broken_) return Need::kOver;
  ERR_clear_error();  // what others on this thread have left there would be taken for our fault
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    know_peer();
    return Need::kNothing;
  }
  return judge(result);
}

// A session that is resumed remembers a certificate, which may have expired since.
void TlsChannel::know_peer() {
  const X509* peer = SSL_get0_peer_certificate(ssl_.get());
  const bool is_good = peer != nullptr && SSL_get_verify_result(ssl_.get()) == X509_V_OK &&
                       X509_cmp_current_time(X509_get0_notAfter(peer)) > 0;
  if (is_good) certificate_ = describe_certificate(*peer);
}

// What a step that did not succeed is to be followed by.
Need TlsChannel::judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Need::kReadable;
    case SSL_ERROR_WANT_WRITE:
      return Need::kWritable;
    case SSL_ERROR_ZERO_RETURN:  // the peer's close_notify; we may go on sending
      is_over_ = true;
      return Need::kOver;
    default:
      break;
  }
  const auto code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  failure_ = reason == nullptr ? "the connection ended" : reason;
  is_over_ = is_broken_ = true;
  ERR_clear_error();
  return Need::kOver;
}

Transfer TlsChannel::read(char* bytes, size_t size) {
  size_t have = 0;
  while (have < size && !is_over_) {
    ERR_clear_error();
    size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), bytes + have, size - have, &got);
    have += result == 1 ? got : 0;
    // What OpenSSL has read ahead is not announced again. To ask the socket once more would mostly
    // be in vain.
    may_have_more_ = result == 1 && SSL_has_pending(ssl_.get()) == 1;
    if (result == 1 && may_have_more_) continue;
    const Need need = result == 1 ? Need::kReadable : judge(result);
    if (need != Need::kOver) return {have, need};
  }
  may_have_more_ = true;  // if only the end
  return {have, have > 0 || !is_over_ ? Need::kNothing : Need::kOver};
}

Transfer TlsChannel::write(std::string_view bytes) {
  if (is_broken_) return {0, Need::kOver};
  ERR_clear_error();
  size_t sent = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  is_writing_ = result != 1;
  if (result == 1) return {sent, Need::kNothing};
  return {0, judge(result)};
}

void TlsChannel::end() {
  if (is_broken_ || is_writing_ || SSL_is_init_finished(ssl_.get()) != 1) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool TlsChannel::has_sent() const {
  return ssl_ != nullptr && BIO_number_written(SSL_get_wbio(ssl_.get())) > 0;
}

}  // namespace chatgate
