// Which of a client's headers go upstream. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "server/transport/framing_guard.h"
#include "server/wire/trace_context.h"

namespace chatgate {

// "name: value" of every header that the upstream may see. What stops here: the client's
// credentials and whatever would choose who pays (organization, project), cookies, hop-by-hop
// headers (RFC 9110, 7.6.1) and those named in Connection, framing and encodings, which are made
// anew, the addresses of clients, and headers that would make another method of the request's.
// The trace context is checked and added by itself: see trace_context.h.
std::vector<std::string> headers_for_upstream(const RequestHead& head);

// Adds the client's trace context, unless the client meant it for this hop alone.
void pass_trace(const RequestHead& head, const TraceContext& context,
                std::vector<std::string>& headers);

}  // namespace chatgate
