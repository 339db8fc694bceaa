// Reads an HTTP/1 answer from the bytes of a connection (RFC 9112), for the client's side. Pure,
// and fuzzed: what comes here is an upstream's, and its framing decides where the next answer on
// the connection begins. One reader for one answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "server/transport/chunked_decoder.h"
#include "server/upstream/direct/content_decoder.h"
#include "server/upstream/upstream_head.h"

namespace chatgate {

class ResponseReader {
 public:
  explicit ResponseReader(bool is_answer_to_head) : is_answer_to_head_(is_answer_to_head) {}

  // Appends to `body` what `bytes` hold of it. Interim answers are passed over. An error is final,
  // its message says what is wrong with the answer.
  Result<void> feed(std::string_view bytes, std::string& body);
  // The connection has ended. An error when the answer cannot end there.
  Result<void> end();

  bool has_head() const { return part_ > Part::kHeaders; }
  UpstreamHead take_head() { return builder_.take(); }  // once
  bool is_done() const { return part_ == Part::kDone; }
  // Whether anything of an answer has come.
  bool has_begun() const { return head_bytes_ > 0; }
  // Whether another request may follow on the connection. REQUIRES: is_done().
  bool keeps_connection() const { return keeps_connection_; }

 private:
  enum class Part : uint8_t { kStatus, kHeaders, kSized, kChunked, kUntilEnd, kDone };

  Result<size_t> feed_head(std::string_view bytes);
  Result<void> take_line(std::string_view line);
  Result<void> take_status(std::string_view line);
  Result<void> take_header(std::string_view line);
  Result<void> begin_body();
  Result<void> feed_body(std::string_view bytes, std::string& body);
  Result<void> decode(std::string_view bytes, std::string& body);
  Result<void> finish();

  const bool is_answer_to_head_;
  Part part_ = Part::kStatus;
  size_t head_bytes_ = 0;
  std::string unfinished_line_;
  UpstreamHeadBuilder builder_;
  bool is_http_1_0_ = false;
  bool keeps_connection_ = false;
  uint64_t body_bytes_left_ = 0;
  ChunkedDecoder chunked_;
  std::string dechunked_;                    // before it is decoded
  std::unique_ptr<ContentDecoder> decoder_;  // null: the content is not encoded
};

}  // namespace chatgate
