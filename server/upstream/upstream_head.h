// The head of an upstream's answer: what of it is relayed, and what it says of the body's framing.
// Both HTTP engines build it line by line. A plain value; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/transport/http_exchange.h"

namespace chatgate {

struct UpstreamHead {
  int status = 0;
  HeaderList headers;           // names in lower case, without hop-by-hop ones and lengths
  int64_t content_length = -1;  // of the body as it will be read; -1: unknown
};

class UpstreamHeadBuilder {
 public:
  static constexpr size_t kHeadersMax = 256;
  static constexpr size_t kBytesMax = 256 << 10;

  // Forgets what an interim answer has said. Headers beyond kHeadersMax are left out.
  void begin(int status);
  // False when the line says something else of the body's length than another one.
  bool add(std::string_view name, std::string_view value);
  // Appends to the latest header's value (obsolete line folding, RFC 9112, 5.2).
  void fold(std::string_view value);
  // Drops what was meant for this hop alone, and what `Connection` names (RFC 9110, 7.6.1).
  UpstreamHead take();

  int status() const { return head_.status; }
  int64_t content_length() const { return head_.content_length; }
  // All in lower case, the lists with a comma behind each entry.
  const std::string& transfer_encoding() const { return transfer_encoding_; }
  const std::string& content_encoding() const { return content_encoding_; }
  bool connection_lists(std::string_view option) const;

 private:
  void note_framing(std::string_view name, std::string_view value);

  UpstreamHead head_;
  std::string connection_;
  std::string transfer_encoding_;
  std::string content_encoding_;
  bool has_contradicting_length_ = false;
  bool is_latest_kept_ = false;
};

}  // namespace chatgate
