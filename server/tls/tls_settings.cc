#include "server/tls/tls_settings.h"

#include <string_view>
#include <utility>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

// Fingerprints as ClientCertificate has them.
ClientUsers with_plain_fingerprints(const ClientUsers& users) {
  ClientUsers plain;
  for (const auto& [name, account] : users) {
    std::string known = to_lower(name);
    if (known.starts_with("sha256:")) {
      std::erase(known, ':');
      known.insert(std::string_view("sha256").size(), ":");
    } else {
      known = name;
    }
    plain.emplace(std::move(known), account);
  }
  return plain;
}

}  // namespace

TlsSettings tls_settings_of(const Config& config) {
  TlsSettings settings;
  settings.files = {config.tls_cert, config.tls_key, config.tls_client_ca, ClientAuth::kOff};
  if (!config.tls_client_ca.empty()) {
    settings.files.client_auth = config.tls_client_auth == "off"        ? ClientAuth::kOff
                                 : config.tls_client_auth == "required" ? ClientAuth::kRequired
                                                                        : ClientAuth::kOptional;
  }
  settings.client_users = with_plain_fingerprints(config.tls_client_users);
  return settings;
}

}  // namespace chatgate
