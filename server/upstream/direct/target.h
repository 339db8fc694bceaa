// Where a request goes, taken out of its URL. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chatgate {

struct DirectTarget {
  std::string host;  // a name or an address, without brackets
  uint16_t port = 80;
  std::string_view authority;  // as the URL has it, for the Host header
  std::string_view path;       // with its query; "" stands for "/"
};

// Of a plain http:// URL whose every byte goes to the server as it stands: nothing for one with
// credentials, a fragment, dot segments or characters that would have to be escaped. Borrows `url`.
std::optional<DirectTarget> parse_direct_target(std::string_view url);

}  // namespace chatgate
