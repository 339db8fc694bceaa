#include "server/pipeline/request_headers.h"

#include <strings.h>
#include <algorithm>
#include <string_view>

namespace chatgate {
namespace {

constexpr std::string_view kStopHere[] = {"accept-encoding",
                                          "api-key",
                                          "authorization",
                                          "connection",
                                          "content-length",
                                          "cookie",
                                          "expect",
                                          "forwarded",
                                          "host",
                                          "keep-alive",
                                          "openai-organization",
                                          "openai-project",
                                          "proxy-authenticate",
                                          "proxy-authorization",
                                          "proxy-connection",
                                          "te",
                                          "traceparent",
                                          "tracestate",
                                          "trailer",
                                          "transfer-encoding",
                                          "upgrade",
                                          "via",
                                          "x-forwarded-for",
                                          "x-forwarded-host",
                                          "x-forwarded-proto",
                                          "x-http-method",
                                          "x-http-method-override",
                                          "x-method-override",
                                          "x-real-ip",
                                          "x-request-id"};

bool equals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_listed(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    auto entry = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!entry.empty() && (entry.front() == ' ' || entry.front() == '\t'))
      entry.remove_prefix(1);
    while (!entry.empty() && (entry.back() == ' ' || entry.back() == '\t')) entry.remove_suffix(1);
    if (equals(entry, name)) return true;
  }
  return false;
}

// All that the head's Connection fields name.
std::string connection_options(const RequestHead& head) {
  std::string options;
  for (const auto& field : head.fields) {
    if (equals(field.name, "connection")) options.append(field.value).append(",");
  }
  return options;
}

}  // namespace

std::vector<std::string> headers_for_upstream(const RequestHead& head) {
  const std::string connection = connection_options(head);
  std::vector<std::string> headers;
  headers.reserve(head.fields.size() + 2);
  for (const auto& field : head.fields) {
    const bool stops = std::any_of(std::begin(kStopHere), std::end(kStopHere),
                                   [&](std::string_view name) { return equals(name, field.name); });
    if (stops || is_listed(connection, field.name)) continue;
    auto& header = headers.emplace_back();
    header.reserve(field.name.size() + field.value.size() + 2);
    header.append(field.name);
    header.append(":");
    if (!field.value.empty()) header.append(" ").append(field.value);
  }
  return headers;
}

void pass_trace(const RequestHead& head, const TraceContext& context,
                std::vector<std::string>& headers) {
  if (context.traceparent.empty()) return;
  const std::string connection = connection_options(head);
  if (is_listed(connection, "traceparent")) return;
  headers.push_back("traceparent: " + context.traceparent);
  if (context.tracestate.empty() || is_listed(connection, "tracestate")) return;
  headers.push_back("tracestate: " + context.tracestate);
}

}  // namespace chatgate
