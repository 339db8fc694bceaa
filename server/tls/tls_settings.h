// How the gateway speaks TLS: which files, whether clients must show a certificate, and whose
// account such a certificate proves. A plain value out of the configuration; the listeners take it
// through TlsEndpoint, transports with a TLS of their own (gRPC) read it there.
#pragma once

#include <cstdint>
#include <string>

#include "common/config/config.h"
#include "server/tls/client_certificate.h"

namespace chatgate {

enum class ClientAuth : uint8_t {
  kOff,       // clients are not asked for a certificate
  kOptional,  // one that is shown must be good
  kRequired,  // nobody without one comes in
};

// Paths of PEM files.
struct TlsFiles {
  std::string certificate;  // the server's own first, then those that lead to its authority
  std::string key;
  std::string client_ca;  // of those who issue clients' certificates; empty: nobody is asked
  ClientAuth client_auth = ClientAuth::kOff;

  bool operator==(const TlsFiles&) const = default;
};

struct TlsSettings {
  TlsFiles files;
  ClientUsers client_users;

  bool is_on() const { return !files.certificate.empty(); }
};

TlsSettings tls_settings_of(const Config& config);

}  // namespace chatgate
