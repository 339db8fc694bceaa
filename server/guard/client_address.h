// Who a client is when proxies stand before the gateway. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/net/address.h"

namespace chatgate {

// The address that a request came from: the connection's own, unless that is a trusted proxy's;
// then the last address in X-Forwarded-For that is not one. What an untrusted client writes into
// that header therefore never counts.
std::string client_address(const std::string& peer, std::string_view forwarded_for,
                           const std::vector<IpRange>& trusted_proxies);

}  // namespace chatgate
