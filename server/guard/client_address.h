// Who a client is when proxies stand before the gateway. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "common/net/address.h"
#include "common/net/ip_range_set.h"
#include "server/transport/framing_guard.h"

namespace chatgate {

// The address that a request came from: the connection's own, unless that is a trusted proxy's;
// then the last address in X-Forwarded-For that is not one. What an untrusted client writes into
// that header therefore never counts. A hop may bear a port. Borrows from `peer` or from the
// header; without port and brackets.
std::string_view client_address(std::string_view peer, std::string_view forwarded_for,
                                const IpRangeSet& trusted_proxies);

// The same of a whole head: some proxies add a header line of their own instead of lengthening the
// one that they received, so the lines count from the last to the first.
std::string_view client_address(std::string_view peer, const RequestHead& head,
                                const IpRangeSet& trusted_proxies);

// An address as the transport and proxies write it: also with a zone ("fe80::1%eth0").
std::optional<IpAddress> parse_client_address(std::string_view text);

}  // namespace chatgate
