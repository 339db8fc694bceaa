#include "common/config/tls_keys.h"

#include <algorithm>
#include <string>

#include "common/config/implications.h"
#include "common/config/row_makers.h"
#include "common/domain/user.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

Result<std::string> normalize_client_auth(std::string_view text) {
  const std::string name = to_lower(text);
  for (const std::string_view word : {"", "off", "optional", "required"}) {
    if (name == word) return name;
  }
  return fail(ErrorCode::kInvalidArgument,
              quote(text) + " is no such choice; write off, optional or required");
}

// A name of a certificate may be anything; a fingerprint is counted, as a wrong one never matches.
Result<std::string> check_certificate_name(std::string_view text) {
  constexpr std::string_view kFingerprint = "sha256:";
  constexpr size_t kDigits = 64;
  if (!to_lower(text).starts_with(kFingerprint)) return std::string(text);
  std::string digits = to_lower(text.substr(kFingerprint.size()));
  std::erase(digits, ':');
  if (digits.size() == kDigits && digits.find_first_not_of("0123456789abcdef") == digits.npos) {
    return std::string(text);
  }
  return fail(ErrorCode::kInvalidArgument,
              quote(text) +
                  " is no fingerprint: sha256: and 64 hexadecimal digits, as `openssl "
                  "x509 -noout -fingerprint -sha256` prints them");
}

tl::unexpected<Error> refuse(const LoadedConfig& loaded, std::string_view key,
                             const std::string& why) {
  std::string origin;
  for (const auto& one : loaded.origins) {
    if (one.key == key) origin = one.origin + ": ";
  }
  return fail(ErrorCode::kInvalidArgument, origin + std::string(key) + " " + why);
}

}  // namespace

void add_tls_rows(std::vector<ConfigRow>& rows) {
  rows.push_back(text("tls_cert", &Settings::tls_cert, "",
                      "PEM file with the server's certificate and those that lead to its "
                      "authority; the main port then speaks TLS alone"));
  rows.push_back(text("tls_key", &Settings::tls_key, "", "PEM file with the certificate's key"));
  rows.push_back(text("tls_client_ca", &Settings::tls_client_ca, "",
                      "PEM file with the authorities of clients' certificates; none: no client is "
                      "asked for one"));
  rows.push_back(text("tls_client_auth", &Settings::tls_client_auth, "",
                      "client certificates: `off`, `optional`, `required`; with `tls_client_ca` "
                      "optional unless said",
                      normalize_client_auth));
  rows.push_back(other("object", "tls_client_users", &Settings::tls_client_users, "",
                       "common name, alternative name or `sha256:HEX` of a client's certificate, "
                       "each with the account that it proves",
                       check_certificate_name));
}

Result<void> apply_tls(Settings& settings, LoadedConfig& loaded) {
  if (settings.tls_cert.empty() != settings.tls_key.empty()) {
    const bool has_cert = !settings.tls_cert.empty();
    return refuse(loaded, has_cert ? "tls_cert" : "tls_key",
                  std::string("needs ") + (has_cert ? "tls_key" : "tls_cert") +
                      " beside it; give both files or neither");
  }
  if (!settings.tls_client_ca.empty() && settings.tls_cert.empty()) {
    return refuse(loaded, "tls_client_ca", "needs tls_cert and tls_key beside it");
  }
  const bool asks = !settings.tls_client_auth.empty() && settings.tls_client_auth != "off";
  if (asks && settings.tls_client_ca.empty()) {
    return refuse(loaded, "tls_client_auth",
                  "asks for certificates, and tls_client_ca does not say whose are good");
  }
  if (!settings.tls_client_users.empty() && settings.tls_client_ca.empty()) {
    return refuse(loaded, "tls_client_users", "needs tls_client_ca, which says whom to believe");
  }
  for (const auto& [name, account] : settings.tls_client_users) {
    if (const auto checked = check_user_name(account); !checked) {
      return refuse(loaded, "tls_client_users",
                    "of " + quote(name) + ": " + checked.error().message);
    }
  }
  if (!settings.tls_client_auth.empty()) return {};
  settings.tls_client_auth = settings.tls_client_ca.empty() ? "off" : "optional";
  origin_of(loaded, "tls_client_auth").value = settings.tls_client_auth;
  return {};
}

}  // namespace chatgate
