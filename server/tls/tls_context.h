// A certificate with its key, and the rules by which connections are encrypted with them: TLS 1.2
// and later, forward secrecy and authenticated encryption alone, HTTP/1.1. Made out of files, then
// never changed; whoever serves a connection with it keeps a share. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "server/tls/tls_settings.h"

struct ssl_ctx_st;
struct x509_st;

namespace chatgate {

class TlsContext {
 public:
  // kInvalidArgument, in a sentence that names key and path, for files that cannot be served with.
  static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_.get(); }
  // What is not wrong but should be looked at: a certificate that has expired, an open key file.
  const std::vector<std::string>& warnings() const { return warnings_; }
  // Of the server's own certificate: those that lead to its authority may be left over from long
  // ago, and clients find their way without them.
  bool is_valid_at(Timestamp time) const { return valid_from_ <= time && time < valid_until_; }
  Timestamp valid_from() const { return valid_from_; }
  Timestamp valid_until() const { return valid_until_; }
  // What it was made of, as PEM text, for transports with a TLS of their own. The key is a secret.
  struct PemTexts {
    std::string certificates;
    std::string key;
    std::string client_authorities;  // empty: nobody is asked
    bool operator==(const PemTexts&) const = default;
  };
  PemTexts pem_texts() const;
  // Of all that was read, so that a file that was merely touched is known as the same.
  const std::string& digest() const { return digest_; }
  // A name under which the certificate lets clients connect to `ip`: empty when it is made out to
  // the address itself or to nothing that could be written into a URL.
  std::string name_for(const std::string& ip) const;

 private:
  friend class TlsContextLoader;
  struct Deleter {
    void operator()(ssl_ctx_st* context) const;
  };

  TlsContext() = default;

  std::unique_ptr<ssl_ctx_st, Deleter> context_;
  std::vector<std::string> warnings_;
  Timestamp valid_from_, valid_until_;
  std::string digest_;
};

// What a verified certificate of a client says; names that a C string could cut short are left out.
ClientCertificate describe_certificate(const x509_st& certificate);

}  // namespace chatgate
