#include "server/upstream/direct/response_reader.h"

#include <algorithm>
#include <charconv>

namespace chatgate {
namespace {

constexpr int kSwitchingProtocols = 101;
constexpr int kNoContent = 204;
constexpr int kNotModified = 304;

tl::unexpected<Error> broken(std::string what) {
  return fail(ErrorCode::kUpstreamBroken, std::move(what));
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<void> ResponseReader::feed(std::string_view bytes, std::string& body) {
  if (!has_head()) {
    const auto used = feed_head(bytes);
    if (!used) return tl::unexpected(used.error());
    bytes.remove_prefix(*used);
  }
  if (bytes.empty()) return {};
  if (is_done()) {  // more than the answer is nobody's
    keeps_connection_ = false;
    return {};
  }
  return feed_body(bytes, body);
}

// Returns how many of the bytes belong to the head.
Result<size_t> ResponseReader::feed_head(std::string_view bytes) {
  size_t used = 0;
  while (!has_head() && used < bytes.size()) {
    const size_t line_end = bytes.find('\n', used);
    const size_t end = line_end == std::string_view::npos ? bytes.size() : line_end + 1;
    const auto piece = bytes.substr(used, end - used);
    used = end;
    head_bytes_ += piece.size();
    if (head_bytes_ > UpstreamHeadBuilder::kBytesMax)
      return broken("the answer's head is too large");
    if (line_end == std::string_view::npos) {
      unfinished_line_ += piece;
      break;
    }
    std::string_view line = piece;
    if (!unfinished_line_.empty()) line = unfinished_line_ += piece;
    line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
    if (auto taken = take_line(line); !taken) return tl::unexpected(taken.error());
    unfinished_line_.clear();
  }
  return used;
}

Result<void> ResponseReader::take_line(std::string_view line) {
  if (line.find('\0') != std::string_view::npos) return broken("the answer's head has a zero byte");
  if (part_ == Part::kStatus) return take_status(line);
  if (!line.empty()) return take_header(line);
  if (builder_.status() >= 200) return begin_body();
  part_ = Part::kStatus;  // an interim answer; the next one follows
  return {};
}

Result<void> ResponseReader::take_status(std::string_view line) {
  const bool is_http = line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ' &&
                       (line[7] == '0' || line[7] == '1');
  int status = 0;
  const auto parsed = is_http ? std::from_chars(line.data() + 9, line.data() + 12, status)
                              : std::from_chars_result{};
  const bool is_status = is_http && parsed.ec == std::errc() && parsed.ptr == line.data() + 12 &&
                         status >= 100 && (line.size() == 12 || line[12] == ' ');
  if (!is_status) return broken("what came is no answer in HTTP/1");
  if (status == kSwitchingProtocols) return broken("it switches protocols, which nobody asked for");
  is_http_1_0_ = line[7] == '0';
  builder_.begin(status);
  part_ = Part::kHeaders;
  return {};
}

Result<void> ResponseReader::take_header(std::string_view line) {
  if (is_blank(line.front())) {
    builder_.fold(trim(line));
    return {};
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const auto name = trim(line.substr(0, colon));
  if (!builder_.add(name, trim(line.substr(colon + 1)))) {
    return broken("the lengths that the answer's head tells contradict each other");
  }
  return {};
}

// How the body ends: RFC 9112, 6.3.
Result<void> ResponseReader::begin_body() {
  const bool has_body =
      !is_answer_to_head_ && builder_.status() != kNoContent && builder_.status() != kNotModified;
  const bool is_chunked = builder_.transfer_encoding() == "chunked,";
  if (!builder_.transfer_encoding().empty() && !is_chunked) {
    return broken("the answer has a transfer encoding that nobody asked for");
  }
  const bool is_delimited = !has_body || is_chunked || builder_.content_length() >= 0;
  keeps_connection_ = is_delimited && (is_http_1_0_ ? builder_.connection_lists("keep-alive")
                                                    : !builder_.connection_lists("close"));
  const auto& encoding = builder_.content_encoding();
  if (has_body && !encoding.empty() && encoding != "identity,") {
    decoder_ = ContentDecoder::make(std::string_view(encoding).substr(0, encoding.size() - 1));
    if (!decoder_) return broken("the answer has a content encoding that nobody asked for");
  }
  if (!has_body) {
    part_ = Part::kDone;
  } else if (is_chunked) {
    part_ = Part::kChunked;
  } else if (is_delimited) {
    body_bytes_left_ = static_cast<uint64_t>(builder_.content_length());
    part_ = Part::kSized;
    if (body_bytes_left_ == 0) return finish();
  } else {
    part_ = Part::kUntilEnd;
  }
  return {};
}

Result<void> ResponseReader::feed_body(std::string_view bytes, std::string& body) {
  size_t used = bytes.size();
  if (part_ == Part::kSized) {
    used = static_cast<size_t>(std::min<uint64_t>(bytes.size(), body_bytes_left_));
    body_bytes_left_ -= used;
  }
  Result<void> decoded;
  if (part_ == Part::kChunked) {
    std::string& out = decoder_ ? dechunked_ : body;
    const auto taken = chunked_.feed(bytes, out);
    if (decoder_) decoded = decoder_->feed(dechunked_, body);  // also what came before a fault
    dechunked_.clear();
    if (!taken) return broken(taken.error().message);
    used = *taken;
  } else {
    decoded = decode(bytes.substr(0, used), body);
  }
  if (!decoded) return decoded;
  const bool is_over =
      part_ == Part::kChunked ? chunked_.is_done() : part_ == Part::kSized && body_bytes_left_ == 0;
  if (!is_over) return {};
  if (used < bytes.size()) keeps_connection_ = false;
  return finish();
}

Result<void> ResponseReader::decode(std::string_view bytes, std::string& body) {
  if (decoder_) return decoder_->feed(bytes, body);
  body += bytes;
  return {};
}

Result<void> ResponseReader::finish() {
  part_ = Part::kDone;
  if (decoder_ && !decoder_->is_done()) return broken("the answer's encoded content is cut short");
  return {};
}

Result<void> ResponseReader::end() {
  if (is_done()) return {};
  if (part_ == Part::kUntilEnd) return finish();
  if (!has_begun()) return broken("the connection ended before an answer");
  if (!has_head()) return broken("the answer ended within its head");
  return broken("the connection ended before the answer did");
}

}  // namespace chatgate
