// X-Forwarded-For and what browsers ask: the client is the peer itself or an address from the
// header, never one that stands before an untrusted one, and nothing is repeated that could end a
// header.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "server/guard/client_address.h"
#include "server/guard/cors.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

FUZZ_TARGET(client_address, "1.2.3.4, [2001:db8::1]:80\n10.0.0.7:4711 ,10.0.0.9\nfe80::1%eth0") {
  using namespace chatgate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line_end = std::min(text.find('\n'), text.size());
  RequestHead head;
  head.method = "OPTIONS";
  for (const auto line : {text.substr(0, line_end), text.substr(line_end)}) {
    head.fields.push_back({"X-Forwarded-For", line});
    head.fields.push_back({"Access-Control-Request-Headers", line});
  }
  head.fields.push_back({"Origin", "https://a.example"});

  static const IpRangeSet trusted = *parse_ip_ranges({"10.0.0.0/8", "fe80::/10"});
  require(client_address("192.0.2.1", head, trusted) == "192.0.2.1");
  const std::string_view client = client_address("10.0.0.1", head, trusted);
  const auto address = parse_client_address(client);
  require(address.has_value());
  require(client == "10.0.0.1" || text.find(client) != text.npos);
  // It does not go on behind an address that is not trusted.
  if (!trusted.contains(*address)) require(client_address(client, head, trusted) == client);

  for (const auto& [name, value] : preflight_headers(head, CorsRules({"*"}))) {
    require(value.find_first_of("\r\n") == value.npos && !value.empty());
  }
  return 0;
}
