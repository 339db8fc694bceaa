// W3C Trace Context (https://www.w3.org/TR/trace-context/): what a client's tracing says of a
// request, so that the upstream's spans and the gateway's logs can be found by the same trace. The
// gateway makes no spans of its own: it reads, checks and passes on. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "server/transport/framing_guard.h"

namespace chatgate {

// Both as the client sent them, but for the blanks around them; of several tracestate headers, one
// list.
struct TraceContext {
  static constexpr size_t kTraceparentBytesMax = 256;  // a later version may have more fields
  static constexpr size_t kTracestateBytesMax = 8192;
  static constexpr size_t kTracestateMembersMax = 32;

  std::string traceparent;  // empty: there is no context
  std::string tracestate;   // may be empty beside a traceparent, never without one

  // The trace's 32 hexadecimal digits; empty when there is none.
  std::string_view trace_id() const;
};

// Nothing at all when traceparent is missing, malformed or there more than once; a tracestate that
// breaks its rules is left out by itself, as the recommendation asks.
TraceContext read_trace_context(const RequestHead& head);

// 3.2: "VERSION-TRACE_ID-PARENT_ID-FLAGS" of version 00, and of later ones what they must begin
// with.
bool is_traceparent(std::string_view text);
// 3.3.1: a list of KEY=VALUE, in which empty members are allowed.
bool is_tracestate(std::string_view text);

}  // namespace chatgate
