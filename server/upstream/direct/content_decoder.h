// Undoes the compression of a body that was compressed although nobody asked for it, piece by
// piece: gzip and deflate (RFC 9110, 8.4.1). One decoder for one body.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

class ContentDecoder {
 public:
  // Null for a coding that is not known. `coding` in lower case.
  static std::unique_ptr<ContentDecoder> make(std::string_view coding);
  ~ContentDecoder();
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;

  Result<void> feed(std::string_view bytes, std::string& out);
  // Whether the content's own end has come; true also of no content at all.
  bool is_done() const;

 private:
  struct State;
  explicit ContentDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace chatgate
