#include "common/net/url.h"

#include <algorithm>
#include <charconv>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

// The authority's user part: from after "://" to the last @ before the path.
struct UserInfo {
  size_t begin = 0;
  size_t length = 0;
  bool is_present = false;
};

UserInfo find_userinfo(std::string_view url) {
  const size_t scheme_end = url.find("://");
  const size_t begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < begin) return {};
  return {begin, at - begin, true};
}

// For the message about a URL that cannot be read: there is no telling where its password ends.
std::string mask_to_last_at(std::string_view url) {
  const size_t scheme_end = url.find("://");
  const size_t begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const size_t at = url.rfind('@');
  if (at == std::string_view::npos || at < begin) return std::string(url);
  return std::string(url.substr(0, begin)) + "…" + std::string(url.substr(at));
}

bool has_blank(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
  });
}

std::string list_of(std::initializer_list<std::string_view> schemes) {
  std::string text;
  for (const auto& scheme : schemes) {
    if (!text.empty()) text += ", ";
    text += std::string(scheme) + "://";
  }
  return text;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0 && port <= 65'535;
}

}  // namespace

Result<Url> parse_url(std::string_view text, std::initializer_list<std::string_view> schemes) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kInvalidArgument, quote(mask_to_last_at(text)) + " " + why);
  };
  if (has_blank(text)) return refuse("is not a URL: it contains a space or a control character");
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    return refuse("is not a URL: it must begin with one of " + list_of(schemes));
  }
  Url url;
  url.scheme = to_lower(text.substr(0, scheme_end));
  if (std::find(schemes.begin(), schemes.end(), url.scheme) == schemes.end()) {
    return refuse("has an unknown scheme: it must begin with one of " + list_of(schemes));
  }
  const UserInfo user = find_userinfo(text);
  size_t begin = scheme_end + 3;
  if (user.is_present) {
    url.userinfo = text.substr(user.begin, user.length);
    begin = user.begin + user.length + 1;
  }
  const size_t end = std::min(text.find_first_of("/?#", begin), text.size());
  const std::string_view authority = text.substr(begin, end - begin);
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return refuse("has an IPv6 address without its end");
  const size_t colon = authority.find(':', bracket);
  url.host = authority.substr(0, colon);
  url.path = text.substr(end);
  if (colon != std::string_view::npos) {
    url.port = authority.substr(colon + 1);
    if (!is_port(url.port)) return refuse("has a port that is not a number from 1 to 65535");
  }
  if (url.host.empty()) return refuse("has no host");
  return url;
}

Result<std::string> parse_base_url(std::string_view text) {
  auto url = parse_url(text, {"http", "https"});
  if (!url) return tl::unexpected(std::move(url.error()));
  if (url->path.find_first_of("?#") != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument,
                quote(mask_url(text)) + " must end in its path, without a query or a fragment");
  }
  const size_t path_end = url->path.find_last_not_of('/');
  std::string path = path_end == std::string::npos ? "/v1" : url->path.substr(0, path_end + 1);
  const std::string user = url->userinfo.empty() ? "" : url->userinfo + "@";
  const std::string port = url->port.empty() ? "" : ":" + url->port;
  return url->scheme + "://" + user + url->host + port + path;
}

Result<std::string> parse_proxy_url(std::string_view text) {
  const auto url = parse_url(text, {"http", "https", "socks5", "socks5h", "socks4", "socks4a"});
  if (!url) return tl::unexpected(url.error());
  if (url->path.find_first_not_of('/') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument,
                quote(mask_url(text)) + " is not a proxy: it must end after its host and port");
  }
  const std::string user = url->userinfo.empty() ? "" : url->userinfo + "@";
  const std::string port = url->port.empty() ? "" : ":" + url->port;
  return url->scheme + "://" + user + url->host + port;
}

bool has_password(std::string_view url) {
  const UserInfo user = find_userinfo(url);
  return user.is_present && url.substr(user.begin, user.length).find(':') != std::string_view::npos;
}

std::string mask_url(std::string_view url) {
  const UserInfo user = find_userinfo(url);
  if (!user.is_present) return std::string(url);
  return std::string(url.substr(0, user.begin)) + "…" +
         std::string(url.substr(user.begin + user.length));
}

}  // namespace chatgate
