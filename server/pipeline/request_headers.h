// Which of a client's headers go upstream. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "server/transport/framing_guard.h"

namespace chatgate {

// "name: value" of every header that the upstream may see. What stops here: the client's
// credentials and whatever would choose who pays (organization, project), cookies, hop-by-hop
// headers (RFC 9110, 7.6.1) and those named in Connection, framing and encodings, which are made
// anew, the addresses of clients, and headers that would make another method of the request's.
std::vector<std::string> headers_for_upstream(const RequestHead& head);

}  // namespace chatgate
