// PURPOSE. Request smuggling lives on heads that two parsers read differently. Only heads with one
// possible reading may pass, so everything that RFC 9112 merely tolerates is refused here.
//
// DESIGN. Two phases. The first looks at each byte once, as it arrives: control characters, line
// ends and the limits on size. Each of its verdicts is tied to a position in the head and the first
// position wins, therefore the verdict does not depend on how the bytes were split. The second runs
// once, on a complete head, and knows the grammar.
#include "server/transport/framing_guard.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>
#include <string>

#include "server/transport/character_class.h"

namespace chatgate {
namespace {

// A request line may be longer than its target by a method, a version and their separators.
constexpr size_t kMethodBytesMax = 32;
constexpr size_t kRequestLineExtraBytes = kMethodBytesMax + std::string_view("  HTTP/1.1").size();
constexpr size_t kHostBytesMax = 300;
constexpr size_t kNameBytesInMessageMax = 64;
constexpr int kContentLengthDigitsMax = 18;  // what always fits into 63 bits

tl::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::kInvalidRequest, std::move(message));
}

tl::unexpected<Error> bad_header(std::string_view name, std::string_view what) {
  std::string message = "the header '";
  message.append(name.substr(0, kNameBytesInMessageMax)).append("' ").append(what);
  return bad(std::move(message));
}

// ---- Phase one: bytes ---------------------------------------------------------------------------

// How far a head has been looked at; kept in judge_head's `scanned`.
struct Progress {
  size_t position;  // all before it is in order
  size_t lines;     // that have ended

  static Progress unpack(size_t scanned) { return {scanned & 0xffffffffU, scanned >> 32}; }
  size_t pack() const { return position | (lines << 32); }
};
static_assert(sizeof(size_t) == 8, "Progress packs two counts into a size_t");

// The position of the first control character (other than tab) at or after `from`, else the size.
size_t find_control(std::string_view text, size_t from) {
  if constexpr (std::endian::native == std::endian::little) {
    constexpr uint64_t kOnes = 0x0101010101010101U;
    constexpr uint64_t kHighs = kOnes * 0x80;
    while (from + 8 <= text.size()) {
      uint64_t word;
      std::memcpy(&word, text.data() + from, sizeof word);
      // A borrow can mark a byte wrongly, but only behind one that is marked rightly.
      const uint64_t below_blank = (word - kOnes * 0x20) & ~word & kHighs;
      const uint64_t is_del = ((word ^ (kOnes * 0x7f)) - kOnes) & ~(word ^ (kOnes * 0x7f)) & kHighs;
      const uint64_t marked = below_blank | is_del;
      if (marked == 0) {
        from += 8;
        continue;
      }
      from += static_cast<size_t>(std::countr_zero(marked)) / 8;
      if (text[from] != '\t') return from;
      ++from;
    }
  }
  while (from < text.size() && is_in_class(text[from], kFieldCharacter)) ++from;
  return from;
}

// The limits, for a head of which the first `bytes` have been looked at without an end.
std::optional<Error> over_limit(size_t bytes, size_t lines, const HeadLimits& limits) {
  if (lines == 0 && bytes > limits.uri_bytes_max + kRequestLineExtraBytes) {
    return Error{ErrorCode::kUriTooLong, "the request target is longer than " +
                                             std::to_string(limits.uri_bytes_max) + " bytes"};
  }
  if (bytes > limits.header_bytes_max) {
    return Error{ErrorCode::kHeadersTooLarge, "the request's headers are larger than " +
                                                  std::to_string(limits.header_bytes_max) +
                                                  " bytes"};
  }
  if (lines > limits.headers_max + 1) {
    return Error{ErrorCode::kHeadersTooLarge,
                 "the request has more than " + std::to_string(limits.headers_max) + " headers"};
  }
  return std::nullopt;
}

// The size of the complete head; 0 when more bytes are needed.
Result<size_t> find_end(std::string_view head, const HeadLimits& limits, Progress& progress) {
  bool at_line_start = progress.position == 0 || head[progress.position - 1] == '\n';
  for (;;) {
    const size_t at = find_control(head, progress.position);
    if (at > progress.position) at_line_start = false;
    if (auto error = over_limit(at, progress.lines, limits)) return tl::unexpected(*error);
    progress.position = at;
    if (at == head.size()) return 0;
    if (head[at] != '\r') {
      return bad(head[at] == '\n' ? "a line of the request's head ends without a carriage return"
                                  : "the request's head contains a control character");
    }
    if (at + 1 == head.size()) return 0;
    if (head[at + 1] != '\n') {
      return bad("the request's head contains a carriage return that ends no line");
    }
    progress.position = at + 2;
    const bool is_blank_line = at_line_start;
    at_line_start = true;
    if (is_blank_line && progress.lines == 0) {
      return bad("the request begins with more than one empty line");
    }
    if (!is_blank_line) ++progress.lines;
    if (auto error = over_limit(at + 2, progress.lines, limits)) return tl::unexpected(*error);
    if (is_blank_line) return at + 2;
  }
}

// ---- Phase two: the request line ----------------------------------------------------------------

bool is_percent_encoded(std::string_view text, size_t at) {
  return at + 2 < text.size() && is_in_class(text[at + 1], kHexDigit) &&
         is_in_class(text[at + 2], kHexDigit) && (text[at + 1] != '0' || text[at + 2] != '0');
}

bool is_all_in_class_or_encoded(std::string_view text, CharacterClass which) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_in_class(text[i], which)) continue;
    if (text[i] != '%' || !is_percent_encoded(text, i)) return false;
    i += 2;
  }
  return true;
}

bool is_path_and_query(std::string_view text) {
  const size_t question = text.find('?');
  return is_all_in_class_or_encoded(text.substr(0, question), kPathCharacter) &&
         (question == std::string_view::npos ||
          is_all_in_class_or_encoded(text.substr(question + 1), kQueryCharacter));
}

bool is_ip_literal(std::string_view host) {
  if (host.size() < 4 || host.back() != ']') return false;
  const std::string_view inside = host.substr(1, host.size() - 2);
  return std::ranges::all_of(
             inside, [](char c) { return is_in_class(c, kHexDigit) || c == ':' || c == '.'; }) &&
         inside.find(':') != std::string_view::npos;
}

bool is_host_and_port(std::string_view text) {
  if (text.empty() || text.size() > kHostBytesMax) return false;
  const size_t host_end = text.front() == '[' ? text.find(']') + 1 : text.find(':');
  const std::string_view host = text.substr(0, host_end);
  if (host.empty()) return false;  // also an IP literal that is not closed
  if (host.front() == '[' ? !is_ip_literal(host)
                          : !is_all_in_class_or_encoded(host, kHostCharacter)) {
    return false;
  }
  if (host.size() == text.size()) return true;
  const std::string_view port = text.substr(host.size() + 1);
  if (text[host.size()] != ':' || port.size() > 5 || !is_all_in_class(port, kDigit)) return false;
  uint32_t number = 0;
  for (const char digit : port) number = number * 10 + static_cast<uint32_t>(digit - '0');
  return number <= 65535;
}

// What follows the scheme of an absolute target; empty when it is none of http or https.
std::string_view without_scheme(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equals_lower(target.substr(0, scheme.size()), scheme)) return target.substr(scheme.size());
  }
  return {};
}

bool is_target(std::string_view method, std::string_view target) {
  if (target == "*") return method == "OPTIONS";
  if (target.starts_with('/')) return is_path_and_query(target);
  const std::string_view rest = without_scheme(target);
  // A query right behind the authority is refused with it: its path would have to be made up.
  const size_t authority_end = std::min(rest.find('/'), rest.size());
  return is_host_and_port(rest.substr(0, authority_end)) &&
         is_path_and_query(rest.substr(authority_end));
}

Result<void> judge_version(std::string_view version, RequestHead& head) {
  if (version == "HTTP/1.1") {
    head.minor_version = 1;
  } else if (version == "HTTP/1.0") {
    head.minor_version = 0;
  } else if (version.size() == 8 && version.starts_with("HTTP/") &&
             is_in_class(version[5], kDigit) && version[6] == '.' &&
             is_in_class(version[7], kDigit)) {
    return fail(
        ErrorCode::kHttpVersionNotSupported,
        "the HTTP version " + std::string(version.substr(5)) + " is not spoken here, use HTTP/1.1");
  } else {
    return bad("the request line does not end in 'HTTP/1.1' or 'HTTP/1.0'");
  }
  return {};
}

Result<void> judge_request_line(std::string_view line, const HeadLimits& limits,
                                RequestHead& head) {
  const size_t method_end = line.find(' ');
  const size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) {
    return bad("the request line is not 'METHOD target HTTP/1.1' with single blanks between");
  }
  head.method = line.substr(0, method_end);
  head.target = line.substr(method_end + 1, target_end - method_end - 1);
  if (head.method.empty() || head.method.size() > kMethodBytesMax ||
      !is_all_in_class(head.method, kTokenCharacter)) {
    return bad("the request's method is not an HTTP method");
  }
  if (auto version = judge_version(line.substr(target_end + 1), head); !version) return version;
  if (head.method == "CONNECT") {
    return fail(ErrorCode::kMethodNotAllowed, "CONNECT is refused: this server is not a proxy");
  }
  if (head.target.size() > limits.uri_bytes_max) {
    return fail(ErrorCode::kUriTooLong, "the request target is longer than " +
                                            std::to_string(limits.uri_bytes_max) + " bytes");
  }
  if (!is_target(head.method, head.target)) {
    return bad(
        "the request target is not a path or an http URL, or holds a character that must "
        "be percent-encoded");
  }
  return {};
}

// ---- Phase two: the headers ---------------------------------------------------------------------

// What the headers that decide about framing and the connection have said so far.
struct Seen {
  bool host = false;
  bool content_length = false;
  bool transfer_encoding = false;
  bool authorization = false;
  bool content_type = false;
  bool expect = false;
  bool close = false;
  bool keep_alive = false;
};

Result<void> take_once(bool& seen, const HeaderField& field) {
  if (seen) return bad_header(field.name, "is given twice");
  seen = true;
  return {};
}

Result<void> take_host(const HeaderField& field, Seen& seen) {
  if (auto once = take_once(seen.host, field); !once) return once;
  if (!is_host_and_port(field.value)) return bad_header(field.name, "is not a host and port");
  return {};
}

Result<void> take_content_length(const HeaderField& field, Seen& seen, RequestHead& head) {
  if (auto once = take_once(seen.content_length, field); !once) return once;
  if (field.value.empty() || !is_all_in_class(field.value, kDigit)) {
    return bad_header(field.name, "is not a number of bytes in decimal digits");
  }
  const size_t zeros = std::min(field.value.find_first_not_of('0'), field.value.size());
  if (field.value.size() - zeros > kContentLengthDigitsMax) {
    return bad_header(field.name, "is larger than any body can be");
  }
  for (const char digit : field.value) {
    head.content_length = head.content_length * 10 + static_cast<uint64_t>(digit - '0');
  }
  return {};
}

Result<void> take_transfer_encoding(const HeaderField& field, Seen& seen, const RequestHead& head) {
  if (auto once = take_once(seen.transfer_encoding, field); !once) return once;
  if (head.minor_version == 0) return bad_header(field.name, "does not exist in HTTP/1.0");
  if (!equals_lower(field.value, "chunked")) {
    return bad_header(field.name, "is not exactly 'chunked', and no other coding is understood");
  }
  return {};
}

Result<void> take_connection(const HeaderField& field, Seen& seen) {
  for (std::string_view rest = field.value; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view option = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (!option.empty() && (option.front() == ' ' || option.front() == '\t')) {
      option.remove_prefix(1);
    }
    while (!option.empty() && (option.back() == ' ' || option.back() == '\t')) {
      option.remove_suffix(1);
    }
    if (!is_all_in_class(option, kTokenCharacter)) {
      return bad_header(field.name, "is not a list of connection options");
    }
    if (equals_lower(option, "close")) seen.close = true;
    if (equals_lower(option, "keep-alive")) seen.keep_alive = true;
  }
  return {};
}

Result<void> take_expect(const HeaderField& field, Seen& seen, RequestHead& head) {
  if (auto once = take_once(seen.expect, field); !once) return once;
  if (!equals_lower(field.value, "100-continue")) {
    return bad_header(field.name, "asks for something other than '100-continue'");
  }
  head.expects_continue = head.minor_version == 1;  // an HTTP/1.0 client cannot know the answer
  return {};
}

Result<void> take_field(const HeaderField& field, Seen& seen, RequestHead& head) {
  const std::string_view name = field.name;
  switch (name.size()) {
    case 4:
      if (equals_lower(name, "host")) return take_host(field, seen);
      break;
    case 6:
      if (equals_lower(name, "expect")) return take_expect(field, seen, head);
      break;
    case 10:
      if (equals_lower(name, "connection")) return take_connection(field, seen);
      break;
    case 12:
      if (equals_lower(name, "content-type")) return take_once(seen.content_type, field);
      break;
    case 13:
      if (equals_lower(name, "authorization")) return take_once(seen.authorization, field);
      break;
    case 14:
      if (equals_lower(name, "content-length")) return take_content_length(field, seen, head);
      break;
    case 17:
      if (equals_lower(name, "transfer-encoding")) return take_transfer_encoding(field, seen, head);
      break;
    default:
      break;
  }
  return {};
}

// Splits one line; phase one has already excluded control characters other than tab.
Result<HeaderField> split_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    return bad("a header is continued on a second line, or blanks stand before its name");
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a line among the headers has no colon");
  const std::string_view name = line.substr(0, colon);
  if (name.empty()) return bad("a header has no name");
  if (!is_all_in_class(name, kTokenCharacter)) {
    return bad("a header's name holds a blank or another character that names cannot have");
  }
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return HeaderField{name, value};
}

Result<void> judge_framing(const Seen& seen, RequestHead& head) {
  if (!seen.host && head.minor_version == 1) return bad("the header 'Host' is missing");
  if (seen.transfer_encoding && seen.content_length) {
    return bad("the headers 'Content-Length' and 'Transfer-Encoding' exclude each other");
  }
  const bool wants_body = head.method == "POST" || head.method == "PUT" || head.method == "PATCH";
  if (seen.transfer_encoding) {
    head.framing = BodyFraming::kChunked;
  } else if (seen.content_length) {
    head.framing = BodyFraming::kLength;
  } else if (wants_body) {
    return fail(ErrorCode::kLengthRequired,
                "the request needs the header 'Content-Length' or 'Transfer-Encoding: chunked'");
  }
  head.keep_alive = !seen.close && (head.minor_version == 1 || seen.keep_alive);
  return {};
}

// `text` is a complete head, from its method to its blank line.
Result<void> judge_complete(std::string_view text, size_t lines, const HeadLimits& limits,
                            RequestHead& head) {
  size_t line_end = text.find('\r');
  if (auto line = judge_request_line(text.substr(0, line_end), limits, head); !line) return line;
  head.fields.reserve(lines - 1);
  Seen seen;
  for (size_t start = line_end + 2; text[start] != '\r'; start = line_end + 2) {
    line_end = text.find('\r', start);
    auto field = split_field(text.substr(start, line_end - start));
    if (!field) return tl::unexpected(std::move(field.error()));
    if (auto taken = take_field(*field, seen, head); !taken) return taken;
    head.fields.push_back(*field);
  }
  return judge_framing(seen, head);
}

}  // namespace

std::string_view RequestHead::header(std::string_view name) const {
  for (const HeaderField& field : fields) {
    if (field.name.size() == name.size() &&
        std::ranges::equal(field.name, name,
                           [](char a, char b) { return lower_ascii(a) == lower_ascii(b); })) {
      return field.value;
    }
  }
  return {};
}

std::string_view RequestHead::origin_form() const {
  if (target.empty() || target.front() == '/' || target == "*") return target;
  const std::string_view rest = without_scheme(target);
  const size_t authority_end = std::min(rest.find('/'), rest.size());
  if (authority_end == rest.size()) return "/";
  return rest.substr(authority_end);
}

Result<std::optional<RequestHead>> judge_head(std::string_view buffer, const HeadLimits& limits,
                                              size_t& scanned) {
  // RFC 9112, 2.2: an empty line before the request is ignored.
  const size_t skipped = buffer.starts_with("\r\n") ? 2 : 0;
  if (buffer == "\r") return std::nullopt;
  const std::string_view text = buffer.substr(skipped);
  Progress progress = Progress::unpack(scanned);
  assert(progress.position <= text.size());
  const auto end = find_end(text, limits, progress);
  scanned = progress.pack();
  if (!end) return tl::unexpected(end.error());
  if (*end == 0) return std::nullopt;
  Result<std::optional<RequestHead>> result{RequestHead{}};
  RequestHead& head = **result;
  head.bytes = skipped + *end;
  if (auto judged = judge_complete(text.substr(0, *end), progress.lines, limits, head); !judged) {
    return tl::unexpected(std::move(judged.error()));
  }
  return result;
}

}  // namespace chatgate
