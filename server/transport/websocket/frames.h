// The frames of the WebSocket protocol (RFC 6455) as bytes: what a client sends is taken in by a
// push decoder that does no input or output of its own, what the server sends is appended to a
// string. One connection's, on its loop's thread.
//
// This is our own because the packaged library at hand, wslay 1.1.1, cannot be made strict from
// outside: it ends faults of framing with a close that bears no code, takes a close of one byte,
// checks the UTF-8 of a close's reason wrongly when that comes in several reads, sees a declared
// length only with the payload's first byte, and keeps 8 KB for each connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chatgate {

// RFC 6455, 7.4.1, and IANA's registry of close codes.
enum class CloseCode : uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kUnsupportedData = 1003,
  kNoStatus = 1005,  // stands for a close without a code; never on the wire
  kInvalidData = 1007,
  kPolicyViolation = 1008,
  kMessageTooBig = 1009,
  kInternalError = 1011,
  kServiceRestart = 1012,
};

enum class Opcode : uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xA,
};

// Appends one whole, unmasked frame. REQUIRES: a control frame's payload has at most 125 bytes.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
// `reason` is cut to what a close frame holds; kNoStatus: a frame without code and reason.
void append_close(std::string& out, CloseCode code, std::string_view reason);

class FrameDecoder {
 public:
  enum class Event : uint8_t {
    kNeedsMore,  // all bytes are taken
    kMessage,    // text, whole and valid UTF-8: take_message
    kPing,       // payload
    kPong,       // payload
    kClose,      // close_code, and the reason as payload
    kFault,      // the client broke the protocol: close_code to close with, and fault
  };

  explicit FrameDecoder(size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Takes bytes off the front of `bytes` until something is complete. After a close or a fault all
  // bytes are dropped.
  Event next(std::string_view& bytes);

  std::string take_message();
  std::string_view payload() const { return control_; }
  CloseCode close_code() const { return close_code_; }
  std::string_view fault() const { return fault_; }

  // Something has begun whose end is yet to come: a frame, or a message in several frames.
  bool is_mid_message() const { return head_bytes_ > 0 || is_in_payload_ || is_fragmented_; }

 private:
  static constexpr size_t kHeadBytesMax = 14;

  // Whether the byte was all right.
  bool take_head_byte(uint8_t byte);
  bool judge_first_byte();
  bool judge_second_byte();
  bool judge_length();
  void begin_payload();
  bool take_payload(std::string_view& bytes);
  Event end_frame();
  Event end_close();
  bool is_text_so_far();
  bool fail(CloseCode code, std::string_view fault);

  Opcode opcode() const { return static_cast<Opcode>(head_[0] & 0x0F); }
  bool is_final() const { return (head_[0] & 0x80) != 0; }
  bool is_control() const { return (head_[0] & 0x08) != 0; }

  const size_t message_bytes_max_;
  std::array<uint8_t, kHeadBytesMax> head_{};
  size_t head_bytes_ = 0;
  size_t head_bytes_wanted_ = 2;
  uint64_t payload_bytes_ = 0;  // of this frame
  uint64_t payload_taken_ = 0;
  std::string message_;
  size_t message_checked_ = 0;  // valid UTF-8 up to here
  size_t message_weight_ = 0;   // its declared bytes; a frame without any counts as one
  std::string control_;
  CloseCode close_code_ = CloseCode::kNoStatus;
  std::string_view fault_;
  bool is_in_payload_ = false;
  bool is_fragmented_ = false;  // a message has begun and its last frame has not
  bool is_over_ = false;
};

}  // namespace chatgate
