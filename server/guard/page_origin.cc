#include "server/guard/page_origin.h"

#include "common/text/quantity.h"

namespace chatgate {
namespace {

// "https://gate.example.org:8443" without its scheme; empty for one that no page of ours has.
std::string_view host_of(std::string_view origin, bool is_secure) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
    if (is_secure) break;
  }
  return {};
}

}  // namespace

PageOrigin page_origin_of(const RequestHead& head, bool is_secure) {
  const std::string_view site = head.header("sec-fetch-site");
  if (site == "same-origin") return PageOrigin::kOwn;
  if (site == "none") return PageOrigin::kNone;
  if (!site.empty()) return PageOrigin::kOther;
  const std::string origin = to_lower(head.header("origin"));
  if (origin.empty()) return PageOrigin::kNone;
  const auto host = host_of(origin, is_secure);
  const bool is_own = !host.empty() && host == to_lower(head.header("host"));
  return is_own ? PageOrigin::kOwn : PageOrigin::kOther;
}

}  // namespace chatgate
