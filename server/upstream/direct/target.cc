#include "server/upstream/direct/target.h"

#include <algorithm>
#include <charconv>

namespace chatgate {
namespace {

constexpr std::string_view kScheme = "http://";

bool is_plain(char c) { return c > ' ' && c < '\x7f' && c != '#' && c != '\\'; }

bool is_of_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool is_port =
      parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && port > 0;
  return is_port ? std::optional(port) : std::nullopt;
}

}  // namespace

std::optional<DirectTarget> parse_direct_target(std::string_view url) {
  if (!url.starts_with(kScheme) || !std::all_of(url.begin(), url.end(), is_plain)) return {};
  url.remove_prefix(kScheme.size());
  DirectTarget target;
  target.authority = url.substr(0, url.find_first_of("/?"));
  target.path = url.substr(target.authority.size());
  const auto path = target.path.substr(0, target.path.find('?'));
  if (path.find("/.") != std::string_view::npos || target.path.starts_with('?')) return {};

  std::string_view rest = target.authority;
  const bool is_bracketed = rest.starts_with('[');
  const size_t host_end = is_bracketed ? rest.find(']') : std::min(rest.find(':'), rest.size());
  if (host_end == std::string_view::npos) return {};
  target.host = is_bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  rest.remove_prefix(host_end + (is_bracketed ? 1 : 0));
  const bool is_host =
      is_bracketed || std::all_of(target.host.begin(), target.host.end(), is_of_host);
  if (target.host.empty() || !is_host) return {};
  if (rest.empty()) return target;
  const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return {};
  target.port = *port;
  return target;
}

}  // namespace chatgate
