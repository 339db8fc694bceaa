// What a client's verified certificate says of it, and whose account that is. Any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace chatgate {

struct ClientCertificate {
  std::string common_name;                     // of the subject; empty: none, or more than one
  std::vector<std::string> alternative_names;  // those that are DNS names, e-mail addresses, URIs
  std::string sha256;                          // of the whole certificate; 64 digits, lower case
};

// Common name, alternative name or `sha256:` and the digits -> account.
using ClientUsers = std::map<std::string, std::string>;

// Empty when the certificate proves no account. Its fingerprint stands above its names; names that
// belong to different accounts prove none.
std::string account_of(const ClientUsers& users, const ClientCertificate& certificate);

}  // namespace chatgate
