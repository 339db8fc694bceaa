#include "server/tls/client_certificate.h"

#include <string_view>

namespace chatgate {

constexpr std::string_view kFingerprint = "sha256:";

std::string account_of(const ClientUsers& users, const ClientCertificate& certificate) {
  const auto printed = users.find(std::string(kFingerprint) + certificate.sha256);
  if (printed != users.end()) return printed->second;
  std::string account;
  bool is_ambiguous = false;
  const auto consider = [&](const std::string& name) {
    if (name.empty() || name.starts_with(kFingerprint)) return;  // a name is no fingerprint
    const auto found = users.find(name);
    if (found == users.end()) return;
    is_ambiguous = is_ambiguous || (!account.empty() && account != found->second);
    account = found->second;
  };
  consider(certificate.common_name);
  for (const auto& name : certificate.alternative_names) consider(name);
  return is_ambiguous ? std::string() : account;
}

}  // namespace chatgate
