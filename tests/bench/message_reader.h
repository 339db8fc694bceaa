// An incremental reader of HTTP/1.1 messages for both ends of the benchmark: bytes go in as they
// arrive, split anywhere, and body bytes come out as soon as they are known to be body. It
// believes what it reads and checks only what a measurement needs; it is no guard.
#pragma once

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace bench {

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

inline bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() && strncasecmp(left.data(), right.data(), left.size()) == 0;
}

// Empty when the head has no such field. `head` starts at its first line and ends in a blank one.
inline std::string_view header_value(std::string_view head, std::string_view name) {
  size_t line = head.find("\r\n");
  while (line != std::string_view::npos) {
    line += 2;
    const size_t end = head.find("\r\n", line);
    if (end == std::string_view::npos) break;
    const std::string_view field = head.substr(line, end - line);
    if (field.size() > name.size() && field[name.size()] == ':' &&
        equals_ignoring_case(field.substr(0, name.size()), name)) {
      return trimmed(field.substr(name.size() + 1));
    }
    line = end;
  }
  return {};
}

class MessageReader {
 public:
  enum class Kind { kRequest, kResponse };

  explicit MessageReader(Kind kind) : kind_(kind) {}

  // Calls `on_body(std::string_view)` for each piece of the body. Returns the number of bytes
  // that belong to this message; the rest is the start of the next one.
  template <typename OnBody>
  size_t feed(std::string_view bytes, OnBody&& on_body) {
    size_t used = 0;
    while (used < bytes.size() && !is_complete() && !is_broken()) {
      const std::string_view unused = bytes.substr(used);
      switch (state_) {
        case State::kHead:
          used += take_head(unused);
          break;
        case State::kBody:
          used += take_body(unused, on_body);
          break;
        default:
          used += take_line(unused);
      }
    }
    return used;
  }

  // The peer closed: that is the proper end of a response without any framing, and of no other.
  void feed_end() {
    if (state_ == State::kBody && is_until_close_) {
      state_ = State::kComplete;
    } else if (state_ != State::kComplete) {
      state_ = State::kBroken;
    }
  }

  void reset() { *this = MessageReader(kind_, std::move(head_), std::move(line_)); }

  bool is_complete() const { return state_ == State::kComplete; }
  bool is_broken() const { return state_ == State::kBroken; }
  bool has_begun() const { return state_ != State::kHead || !head_.empty(); }
  bool has_head() const { return state_ != State::kHead && state_ != State::kBroken; }
  std::string_view head() const { return head_; }
  bool is_last() const { return equals_ignoring_case(header_value(head_, "connection"), "close"); }

  // 0 until a response's head is complete.
  int status() const { return status_; }

 private:
  enum class State { kHead, kBody, kChunkSize, kChunkEnd, kTrailer, kComplete, kBroken };

  static constexpr size_t kHeadBytesMax = 65'536;
  static constexpr size_t kLineBytesMax = 1'024;

  // Keeps the strings' memory, as a reader lives through thousands of messages.
  MessageReader(Kind kind, std::string head, std::string line)
      : kind_(kind), head_(std::move(head)), line_(std::move(line)) {
    head_.clear();
    line_.clear();
  }

  size_t take_head(std::string_view bytes) {
    const size_t before = head_.size();
    head_.append(bytes.substr(0, kHeadBytesMax));
    const size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string::npos) {
      if (head_.size() >= kHeadBytesMax) state_ = State::kBroken;
      return head_.size() - before;
    }
    head_.resize(end + 4);
    const size_t used = head_.size() - before;
    read_framing();
    return used;
  }

  void read_framing() {
    if (kind_ == Kind::kResponse) {
      status_ = head_.size() < 12 ? 0 : std::atoi(head_.c_str() + 9);
      if (status_ >= 100 && status_ < 200) {
        head_.clear();
        status_ = 0;
        return;
      }
    }
    const std::string_view coding = header_value(head_, "transfer-encoding");
    const std::string_view length = header_value(head_, "content-length");
    if (equals_ignoring_case(coding, "chunked")) {
      state_ = State::kChunkSize;
    } else if (!length.empty()) {
      const auto result = std::from_chars(length.data(), length.data() + length.size(), remaining_);
      if (result.ec != std::errc{}) {
        state_ = State::kBroken;
      } else {
        state_ = remaining_ == 0 ? State::kComplete : State::kBody;
      }
    } else if (kind_ == Kind::kRequest || status_ == 204 || status_ == 304) {
      state_ = State::kComplete;
    } else {
      is_until_close_ = true;
      state_ = State::kBody;
    }
  }

  template <typename OnBody>
  size_t take_body(std::string_view bytes, OnBody&& on_body) {
    if (is_until_close_) {
      on_body(bytes);
      return bytes.size();
    }
    const size_t used = std::min(remaining_, bytes.size());
    on_body(bytes.substr(0, used));
    remaining_ -= used;
    if (remaining_ == 0) state_ = is_chunked_ ? State::kChunkEnd : State::kComplete;
    return used;
  }

  size_t take_line(std::string_view bytes) {
    const size_t end = bytes.find('\n');
    const size_t used = end == std::string_view::npos ? bytes.size() : end + 1;
    line_.append(bytes.substr(0, used));
    if (line_.size() > kLineBytesMax) {
      state_ = State::kBroken;
    } else if (end != std::string_view::npos) {
      finish_line();
      line_.clear();
    }
    return used;
  }

  void finish_line() {
    const bool is_blank = line_ == "\r\n";
    if (state_ == State::kTrailer) {
      if (is_blank) state_ = State::kComplete;
    } else if (state_ == State::kChunkEnd) {
      state_ = is_blank ? State::kChunkSize : State::kBroken;
    } else {
      const auto result =
          std::from_chars(line_.data(), line_.data() + line_.size(), remaining_, 16);
      is_chunked_ = true;
      if (result.ec != std::errc{}) {
        state_ = State::kBroken;
      } else {
        state_ = remaining_ == 0 ? State::kTrailer : State::kBody;
      }
    }
  }

  Kind kind_;
  State state_ = State::kHead;
  std::string head_;
  std::string line_;
  size_t remaining_ = 0;
  int status_ = 0;
  bool is_chunked_ = false;
  bool is_until_close_ = false;
};

}  // namespace bench
