#include "tests/support/fake_http.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sodium.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace chatgate {
namespace {

constexpr size_t kHeadBytesMax = 1 << 20;

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 103:
      return "Early Hints";
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

uint32_t crc32_of(std::string_view bytes) {
  uint32_t crc = 0xffffffffU;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

void append_little_endian(std::string& text, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xffU);
}

// The value of `key` in `name="x"; filename="y"`, without the quotes.
std::string parameter_of(std::string_view header, std::string_view key) {
  const std::string wanted = "; " + std::string(key) + "=";
  const size_t at = header.find(wanted);
  if (at == std::string_view::npos) return "";
  std::string_view value = header.substr(at + wanted.size());
  if (value.starts_with('"')) return std::string(value.substr(1, value.find('"', 1) - 1));
  return std::string(value.substr(0, value.find(';')));
}

}  // namespace

std::string_view FakeRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

std::string_view FakeRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

FakeConnection::FakeConnection(int descriptor) : descriptor_(descriptor) {
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

FakeConnection::~FakeConnection() { ::close(descriptor_); }

std::optional<FakeRequest> FakeConnection::read_request() {
  auto line = read_line();
  if (!line) return std::nullopt;
  FakeRequest request;
  const size_t first = line->find(' ');
  const size_t last = line->rfind(' ');
  if (first == std::string::npos || first == last) return std::nullopt;
  request.method = line->substr(0, first);
  request.target = line->substr(first + 1, last - first - 1);
  request.version = line->substr(last + 1);
  while ((line = read_line()) && !line->empty()) {
    const size_t colon = line->find(':');
    if (colon == std::string::npos) return std::nullopt;
    request.headers.emplace_back(line->substr(0, colon),
                                 trim(std::string_view(*line).substr(colon + 1)));
  }
  if (!line) return std::nullopt;
  if (equals_ignoring_case(request.header("expect"), "100-continue")) {
    write(head_of_answer(100, {}));
  }
  if (equals_ignoring_case(request.header("transfer-encoding"), "chunked")) {
    if (!read_chunked(request.body)) return std::nullopt;
  } else if (const auto length_text = request.header("content-length"); !length_text.empty()) {
    size_t length = 0;
    std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
    if (!read_exactly(length, request.body)) return std::nullopt;
  }
  return request;
}

bool FakeConnection::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool FakeConnection::peer_left() const { return wait_for_peer_to_leave(0); }

bool FakeConnection::wait_for_peer_to_leave(int timeout_ms) const {
  pollfd wanted{descriptor_, POLLRDHUP, 0};
  return ::poll(&wanted, 1, timeout_ms) > 0;
}

void FakeConnection::reset_on_close() const {
  const linger now{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool FakeConnection::fill() {
  std::array<char, 65536> buffer;
  ssize_t got = 0;
  do {
    got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  received_.append(buffer.data(), static_cast<size_t>(got));
  return true;
}

std::optional<std::string> FakeConnection::read_line() {
  size_t end = received_.find("\r\n");
  while (end == std::string::npos) {
    if (received_.size() > kHeadBytesMax || !fill()) return std::nullopt;
    end = received_.find("\r\n");
  }
  std::string line = received_.substr(0, end);
  received_.erase(0, end + 2);
  return line;
}

bool FakeConnection::read_exactly(size_t length, std::string& into) {
  while (received_.size() < length) {
    length -= received_.size();
    into += received_;
    received_.clear();
    if (!fill()) return false;
  }
  into.append(received_, 0, length);
  received_.erase(0, length);
  return true;
}

bool FakeConnection::read_chunked(std::string& into) {
  while (const auto line = read_line()) {
    size_t length = 0;
    std::from_chars(line->data(), line->data() + line->size(), length, 16);
    if (length == 0) break;
    if (!read_exactly(length, into) || !read_line()) return false;
  }
  auto trailer = read_line();
  while (trailer && !trailer->empty()) trailer = read_line();
  return trailer.has_value();
}

std::string head_of_answer(int status, const FakeHeaders& headers) {
  std::string head =
      "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\n";
  for (const auto& [name, value] : headers) head.append(name + ": " + value + "\r\n");
  return head + "\r\n";
}

std::string chunk_of(std::string_view bytes) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), bytes.size(), 16).ptr;
  return std::string(digits.data(), end) + "\r\n" + std::string(bytes) + "\r\n";
}

std::string gzip_of(std::string_view bytes) {
  const uint32_t crc = crc32_of(bytes);
  const auto size = static_cast<uint32_t>(bytes.size());
  std::string packed("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  do {
    const std::string_view block = bytes.substr(0, 0xffff);
    bytes.remove_prefix(block.size());
    packed += bytes.empty() ? '\x01' : '\x00';
    append_little_endian(packed, static_cast<uint32_t>(block.size()), 2);
    append_little_endian(packed, ~static_cast<uint32_t>(block.size()), 2);
    packed += block;
  } while (!bytes.empty());
  append_little_endian(packed, crc, 4);
  append_little_endian(packed, size, 4);
  return packed;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<uint8_t, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  std::string hex;
  for (const uint8_t byte : hash) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

std::vector<FakePart> parts_of(const FakeRequest& request) {
  std::vector<FakePart> parts;
  const std::string boundary = parameter_of(request.header("content-type"), "boundary");
  if (boundary.empty()) return parts;
  const std::string delimiter = "\r\n--" + boundary;
  std::string_view rest = request.body;
  if (!rest.starts_with(std::string_view(delimiter).substr(2))) return parts;
  rest.remove_prefix(delimiter.size() - 2);
  while (rest.starts_with("\r\n")) {
    const size_t head_end = rest.find("\r\n\r\n");
    const size_t part_end = rest.find(delimiter, head_end);
    if (part_end == std::string_view::npos) break;
    FakePart part;
    std::string_view head = rest.substr(2, head_end - 2);
    while (!head.empty()) {
      const std::string_view line = head.substr(0, head.find("\r\n"));
      head.remove_prefix(std::min(head.size(), line.size() + 2));
      const size_t colon = line.find(':');
      const std::string_view value = trim(line.substr(std::min(line.size(), colon + 1)));
      if (equals_ignoring_case(line.substr(0, colon), "content-disposition")) {
        part.name = parameter_of(value, "name");
        part.file_name = parameter_of(value, "filename");
      } else if (equals_ignoring_case(line.substr(0, colon), "content-type")) {
        part.content_type = value;
      }
    }
    part.content = rest.substr(head_end + 4, part_end - head_end - 4);
    parts.push_back(std::move(part));
    rest.remove_prefix(part_end + delimiter.size());
  }
  return parts;
}

}  // namespace chatgate
