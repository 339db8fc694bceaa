// A frame's head is judged byte by byte, so that a client learns what it did wrong although it
// declares a payload that never comes, and so that no length which it declares reserves memory.

#include "server/transport/websocket/frames.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/tokenizer/utf8.h"

namespace chatgate {
namespace {

constexpr size_t kControlBytesMax = 125;
constexpr size_t kReasonBytesMax = kControlBytesMax - 2;
constexpr uint8_t kLength16 = 126;
constexpr uint8_t kLength64 = 127;
constexpr uint8_t kFinal = 0x80;
constexpr size_t kMaskBytes = 4;

void append_big_endian(std::string& out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

// Those that an endpoint may send (RFC 6455, 7.4; 1012 to 1014 came to the registry later).
bool may_be_sent(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

bool is_whole_text(std::string_view text) { return valid_utf8_bytes(text) == text.size(); }

}  // namespace

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  assert((static_cast<uint8_t>(opcode) & 0x08) == 0 || payload.size() <= kControlBytesMax);
  out += static_cast<char>(kFinal | static_cast<uint8_t>(opcode));
  if (payload.size() <= kControlBytesMax) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xFFFF) {
    out += static_cast<char>(kLength16);
    append_big_endian(out, payload.size(), 2);
  } else {
    out += static_cast<char>(kLength64);
    append_big_endian(out, payload.size(), 8);
  }
  out.append(payload);
}

void append_close(std::string& out, CloseCode code, std::string_view reason) {
  std::string payload;
  if (code != CloseCode::kNoStatus) {
    append_big_endian(payload, static_cast<uint16_t>(code), 2);
    reason = reason.substr(0, kReasonBytesMax);
    payload.append(reason.substr(0, valid_utf8_bytes(reason)));
  }
  append_frame(out, Opcode::kClose, payload);
}

FrameDecoder::Event FrameDecoder::next(std::string_view& bytes) {
  while (!is_over_) {
    while (!is_in_payload_) {
      if (bytes.empty()) return Event::kNeedsMore;
      const auto byte = static_cast<uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      if (!take_head_byte(byte)) return Event::kFault;
    }
    if (!take_payload(bytes)) return Event::kFault;
    if (payload_taken_ < payload_bytes_) return Event::kNeedsMore;
    const auto event = end_frame();
    if (event != Event::kNeedsMore) return event;
  }
  bytes = {};
  return Event::kNeedsMore;
}

std::string FrameDecoder::take_message() {
  message_checked_ = message_weight_ = 0;
  return std::exchange(message_, {});
}

// --- a frame's head -----------------------------------------------------------------------------

bool FrameDecoder::take_head_byte(uint8_t byte) {
  head_[head_bytes_++] = byte;
  if (head_bytes_ == 1) return judge_first_byte();
  if (head_bytes_ == 2 && !judge_second_byte()) return false;
  if (head_bytes_ + kMaskBytes == head_bytes_wanted_ && !judge_length()) return false;
  if (head_bytes_ == head_bytes_wanted_) begin_payload();
  return true;
}

bool FrameDecoder::judge_first_byte() {
  if ((head_[0] & 0x70) != 0) {
    return fail(CloseCode::kProtocolError, "a reserved bit is set, and no extension is in use");
  }
  switch (opcode()) {
    case Opcode::kContinuation:
      return is_fragmented_ || fail(CloseCode::kProtocolError, "there is nothing to continue");
    case Opcode::kText:
    case Opcode::kBinary:
      if (is_fragmented_) {
        return fail(CloseCode::kProtocolError, "a message began before the last one ended");
      }
      return opcode() == Opcode::kText ||
             fail(CloseCode::kUnsupportedData, "questions are text; binary messages say nothing");
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      return is_final() || fail(CloseCode::kProtocolError, "a control frame is fragmented");
  }
  return fail(CloseCode::kProtocolError, "the opcode is reserved");
}

bool FrameDecoder::judge_second_byte() {
  if ((head_[1] & 0x80) == 0) return fail(CloseCode::kProtocolError, "the frame is not masked");
  const uint8_t length = head_[1] & 0x7F;
  if (is_control() && length > kControlBytesMax) {
    return fail(CloseCode::kProtocolError, "a control frame has more than 125 bytes");
  }
  head_bytes_wanted_ = 2 + kMaskBytes + (length == kLength16 ? 2 : length == kLength64 ? 8 : 0);
  return true;
}

bool FrameDecoder::judge_length() {
  payload_bytes_ = head_[1] & 0x7F;
  if (head_bytes_ > 2) {
    const uint64_t least = payload_bytes_ == kLength16 ? kLength16 : 0x1'0000;
    payload_bytes_ = 0;
    for (size_t i = 2; i < head_bytes_; ++i) payload_bytes_ = payload_bytes_ << 8 | head_[i];
    if (payload_bytes_ >> 63 != 0) {
      return fail(CloseCode::kProtocolError, "the length has its first bit set");
    }
    if (payload_bytes_ < least) {
      return fail(CloseCode::kProtocolError, "the length is not written as short as it can be");
    }
  }
  if (is_control()) return true;
  const uint64_t weight = std::max<uint64_t>(payload_bytes_, is_final() ? 0 : 1);
  if (weight > message_bytes_max_ - message_weight_) {
    return fail(CloseCode::kMessageTooBig, "the message is larger than the limit");
  }
  message_weight_ += weight;
  return true;
}

void FrameDecoder::begin_payload() {
  is_in_payload_ = true;
  payload_taken_ = 0;
  if (is_control()) control_.clear();
}

// --- payloads -----------------------------------------------------------------------------------

bool FrameDecoder::take_payload(std::string_view& bytes) {
  auto& target = is_control() ? control_ : message_;
  const auto take = std::min<uint64_t>(bytes.size(), payload_bytes_ - payload_taken_);
  const uint8_t* mask = head_.data() + head_bytes_wanted_ - kMaskBytes;
  const size_t begin = target.size();
  target.append(bytes.substr(0, take));
  bytes.remove_prefix(take);
  for (size_t i = 0; i < take; ++i) {
    target[begin + i] ^= static_cast<char>(mask[(payload_taken_ + i) % kMaskBytes]);
  }
  payload_taken_ += take;
  return is_control() || is_text_so_far();
}

// A character may be split between two frames, or two reads.
bool FrameDecoder::is_text_so_far() {
  const auto rest = std::string_view(message_).substr(message_checked_);
  const size_t valid = valid_utf8_bytes(rest);
  message_checked_ += valid;
  return rest.size() - valid == unfinished_utf8_bytes(rest.substr(valid)) ||
         fail(CloseCode::kInvalidData, "the text is not UTF-8");
}

FrameDecoder::Event FrameDecoder::end_frame() {
  is_in_payload_ = false;
  head_bytes_ = 0;
  head_bytes_wanted_ = 2;
  switch (opcode()) {
    case Opcode::kPing:
      return Event::kPing;
    case Opcode::kPong:
      return Event::kPong;
    case Opcode::kClose:
      return end_close();
    default:
      break;
  }
  is_fragmented_ = !is_final();
  if (is_fragmented_) return Event::kNeedsMore;
  if (message_checked_ == message_.size()) return Event::kMessage;
  fail(CloseCode::kInvalidData, "the text ends in the middle of a character");
  return Event::kFault;
}

FrameDecoder::Event FrameDecoder::end_close() {
  if (control_.size() == 1) {
    fail(CloseCode::kProtocolError, "a close has half a code");
    return Event::kFault;
  }
  close_code_ = CloseCode::kNoStatus;
  if (!control_.empty()) {
    const auto high = static_cast<uint8_t>(control_[0]);
    const auto low = static_cast<uint8_t>(control_[1]);
    const auto code = static_cast<uint16_t>(high << 8 | low);
    control_.erase(0, 2);
    if (!may_be_sent(code)) {
      fail(CloseCode::kProtocolError, "the code of a close may not be sent");
      return Event::kFault;
    }
    if (!is_whole_text(control_)) {
      fail(CloseCode::kInvalidData, "the reason of a close is not UTF-8");
      return Event::kFault;
    }
    close_code_ = static_cast<CloseCode>(code);
  }
  is_over_ = true;
  return Event::kClose;
}

// What was received is of no more use, and its memory may be wanted elsewhere.
bool FrameDecoder::fail(CloseCode code, std::string_view fault) {
  close_code_ = code;
  fault_ = fault;
  is_over_ = true;
  is_in_payload_ = is_fragmented_ = false;
  head_bytes_ = 0;
  message_ = {};
  return false;
}

}  // namespace chatgate
