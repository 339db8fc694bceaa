#include "server/transport/chunked_decoder.h"

#include <algorithm>

#include "server/transport/character_class.h"

namespace chatgate {
namespace {

unsigned hex_value(unsigned char byte) {
  return byte <= '9' ? byte - '0' : (byte | 0x20U) - 'a' + 10U;
}

}  // namespace

Result<size_t> ChunkedDecoder::feed(std::string_view bytes, std::string& out) {
  size_t consumed = 0;
  while (consumed < bytes.size() && state_ != State::kDone) {
    if (state_ == State::kData) {
      const size_t piece =
          static_cast<size_t>(std::min<uint64_t>(chunk_bytes_left_, bytes.size() - consumed));
      out.append(bytes, consumed, piece);
      consumed += piece;
      chunk_bytes_left_ -= piece;
      if (chunk_bytes_left_ == 0) state_ = State::kDataCr;
      continue;
    }
    if (const char* fault = take(static_cast<unsigned char>(bytes[consumed]))) {
      state_ = State::kBroken;
      return fail(ErrorCode::kInvalidRequest, fault);
    }
    ++consumed;
  }
  return consumed;
}

const char* ChunkedDecoder::take(unsigned char byte) {
  switch (state_) {
    case State::kSize:
      return take_size(byte);
    case State::kExtension:
    case State::kExtensionQuoted:
    case State::kExtensionQuotedPair:
      return take_extension(byte);
    case State::kSizeLf:
      if (byte != '\n') return "a chunk's size line does not end in CRLF";
      state_ = chunk_bytes_left_ == 0 ? State::kTrailerStart : State::kData;
      return nullptr;
    case State::kDataCr:
      if (byte != '\r') return "a chunk's data is longer than its size says";
      state_ = State::kDataLf;
      return nullptr;
    case State::kDataLf:
      if (byte != '\n') return "a chunk's data does not end in CRLF";
      state_ = State::kSize;
      size_digits_ = 0;
      return nullptr;
    case State::kTrailerStart:
    case State::kTrailerName:
    case State::kTrailerValue:
    case State::kTrailerLf:
      return take_trailer(byte);
    case State::kEndLf:
      if (byte != '\n') return "the chunked body does not end in CRLF";
      state_ = State::kDone;
      return nullptr;
    case State::kData:
    case State::kDone:
    case State::kBroken:
      break;
  }
  return "the chunked body was already found broken";
}

const char* ChunkedDecoder::take_size(unsigned char byte) {
  if (is_in_class(static_cast<char>(byte), kHexDigit)) {
    if (size_digits_ == 0) chunk_bytes_left_ = 0;
    if (++size_digits_ > kSizeDigitsMax) return "a chunk's size has too many digits";
    chunk_bytes_left_ = chunk_bytes_left_ * 16 + hex_value(byte);
    return nullptr;
  }
  if (size_digits_ == 0) return "a chunk does not begin with its size in hexadecimal digits";
  if (chunk_bytes_left_ > INT64_MAX) return "a chunk's size is larger than any body can be";
  if (byte == '\r') {
    state_ = State::kSizeLf;
    return nullptr;
  }
  if (byte != ';') return "a chunk's size is followed by something other than CRLF or ';'";
  state_ = State::kExtension;
  extension_bytes_ = 1;
  ++extension_bytes_total_;
  return nullptr;
}

// RFC 9112, 7.1.1: names and values are tokens, values may be quoted. Which of them stands where is
// not checked, for nothing is read out of an extension.
const char* ChunkedDecoder::take_extension(unsigned char byte) {
  if (state_ == State::kExtension && byte == '\r') {
    state_ = State::kSizeLf;
    return nullptr;
  }
  if (++extension_bytes_ > kExtensionBytesMax ||
      ++extension_bytes_total_ > kExtensionBytesTotalMax) {
    return "the extensions of the body's chunks are too long";
  }
  const char c = static_cast<char>(byte);
  if (!is_in_class(c, kFieldCharacter)) return "a chunk's extension holds a control character";
  switch (state_) {
    case State::kExtension:
      if (c == '"') {
        state_ = State::kExtensionQuoted;
      } else if (!is_in_class(c, kTokenCharacter) && c != ';' && c != '=' && c != ' ' &&
                 c != '\t') {
        return "a chunk's extension holds a character that must be quoted";
      }
      return nullptr;
    case State::kExtensionQuoted:
      if (c == '"') state_ = State::kExtension;
      if (c == '\\') state_ = State::kExtensionQuotedPair;
      return nullptr;
    default:
      state_ = State::kExtensionQuoted;
      return nullptr;
  }
}

const char* ChunkedDecoder::take_trailer(unsigned char byte) {
  const char c = static_cast<char>(byte);
  if (++trailer_bytes_ > kTrailerBytesMax) return "the trailers of the chunked body are too large";
  switch (state_) {
    case State::kTrailerStart:
      if (c == '\r') {
        state_ = State::kEndLf;
        return nullptr;
      }
      if (!is_in_class(c, kTokenCharacter)) return "a trailer does not begin with a header's name";
      state_ = State::kTrailerName;
      return nullptr;
    case State::kTrailerName:
      if (c == ':') {
        state_ = State::kTrailerValue;
        return nullptr;
      }
      return is_in_class(c, kTokenCharacter) ? nullptr : "a trailer's name is not a header's name";
    case State::kTrailerValue:
      if (c == '\r') {
        state_ = State::kTrailerLf;
        return nullptr;
      }
      return is_in_class(c, kFieldCharacter) ? nullptr : "a trailer holds a control character";
    default:
      if (c != '\n') return "a trailer does not end in CRLF";
      state_ = State::kTrailerStart;
      return nullptr;
  }
}

}  // namespace chatgate
