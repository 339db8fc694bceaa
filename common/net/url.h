// Just enough of RFC 3986 to check the addresses of upstreams and proxies and to show them without
// their passwords. Plain values, any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

struct Url {
  std::string scheme;    // lower case
  std::string userinfo;  // "user:password" as written; secret
  std::string host;      // with the brackets of an IPv6 address
  std::string port;      // digits, or empty
  std::string path;      // from its first slash, query and fragment included; or empty
};

// kInvalidArgument for a text without a scheme, with one that is not among `schemes`, without a
// host, with a wrong port, or with spaces or control characters. The message never shows a
// password.
Result<Url> parse_url(std::string_view text, std::initializer_list<std::string_view> schemes);

// The base address of an OpenAI-shaped server, normalized: without slashes at its end, and with
// "/v1" where the text has no path at all.
Result<std::string> parse_base_url(std::string_view text);
// http, https, socks4, socks4a, socks5 or socks5h, with or without user and password.
Result<std::string> parse_proxy_url(std::string_view text);

bool has_password(std::string_view url);
// "http://user:password@host/" to "http://…@host/"; any other text unchanged.
std::string mask_url(std::string_view url);

}  // namespace chatgate
