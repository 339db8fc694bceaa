#include "server/wire/trace_context.h"

#include <strings.h>
#include <algorithm>

namespace chatgate {
namespace {

constexpr size_t kTraceIdAt = 3;
constexpr size_t kTraceIdBytes = 32;
constexpr size_t kParentIdAt = 36;
constexpr size_t kParentIdBytes = 16;
constexpr size_t kFlagsAt = 53;
constexpr size_t kVersion00Bytes = 55;
constexpr size_t kKeyBytesMax = 256;
constexpr size_t kTenantBytesMax = 241;
constexpr size_t kSystemBytesMax = 14;
constexpr size_t kValueBytesMax = 256;

bool equals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_hex(std::string_view text) {  // lower case alone, as the recommendation has it
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_key_part(std::string_view text, size_t bytes_max, bool may_begin_with_digit) {
  if (text.empty() || text.size() > bytes_max) return false;
  if (!is_letter(text.front()) && !(may_begin_with_digit && is_digit(text.front()))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
  });
}

bool is_key(std::string_view key) {
  const size_t at = key.find('@');
  if (at == std::string_view::npos) return is_key_part(key, kKeyBytesMax, false);
  return is_key_part(key.substr(0, at), kTenantBytesMax, true) &&
         is_key_part(key.substr(at + 1), kSystemBytesMax, false);
}

bool is_value(std::string_view value) {
  return !value.empty() && value.size() <= kValueBytesMax && is_printable(value) &&
         value.find('=') == std::string_view::npos && value.back() != ' ';
}

// Blanks and tabs around a list's members belong to the list.
std::string_view without_blanks(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_traceparent(std::string_view text) {
  if (text.size() < kVersion00Bytes || text.size() > TraceContext::kTraceparentBytesMax) {
    return false;
  }
  const auto version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return false;
  if (text[2] != '-' || text[kParentIdAt - 1] != '-' || text[kFlagsAt - 1] != '-') return false;
  if (!is_id(text.substr(kTraceIdAt, kTraceIdBytes))) return false;
  if (!is_id(text.substr(kParentIdAt, kParentIdBytes))) return false;
  if (!is_hex(text.substr(kFlagsAt, 2))) return false;
  if (text.size() == kVersion00Bytes) return true;
  return version != "00" && text[kVersion00Bytes] == '-' && is_printable(text);
}

bool is_tracestate(std::string_view text) {
  if (text.size() > TraceContext::kTracestateBytesMax) return false;
  size_t members = 0;
  for (;;) {
    const size_t comma = text.find(',');
    const auto member = without_blanks(text.substr(0, comma));
    const size_t equals_sign = member.find('=');
    const bool is_pair = equals_sign != std::string_view::npos &&
                         is_key(member.substr(0, equals_sign)) &&
                         is_value(member.substr(equals_sign + 1));
    if (!member.empty() && (!is_pair || ++members > TraceContext::kTracestateMembersMax)) {
      return false;
    }
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

std::string_view TraceContext::trace_id() const {
  return traceparent.empty() ? std::string_view{}
                             : std::string_view(traceparent).substr(kTraceIdAt, kTraceIdBytes);
}

TraceContext read_trace_context(const RequestHead& head) {
  TraceContext context;
  size_t states = 0;
  for (const auto& field : head.fields) {
    if (equals(field.name, "traceparent")) {
      if (!context.traceparent.empty() || !is_traceparent(field.value)) return {};
      context.traceparent = field.value;
    } else if (equals(field.name, "tracestate")) {
      if (states++ > 0) context.tracestate += ',';
      context.tracestate += field.value;
    }
  }
  if (context.traceparent.empty()) return {};
  if (!is_tracestate(context.tracestate)) context.tracestate.clear();
  return context;
}

}  // namespace chatgate
