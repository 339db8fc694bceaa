// What metering must know of a request body, and the two edits that relaying makes in it. A body is
// read once, without building a tree; everything that is not edited goes upstream byte for byte.
// Pure functions: any thread or coroutine may call them at the same time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

struct RequestFacts {
  std::string model;  // empty: none named
  bool stream = false;
  bool background = false;          // the answer, and its usage, will be fetched later
  bool has_costly_tier = false;     // a service_tier that may cost more than the model's price
  bool include_usage = false;       // the client itself asked for it
  int64_t max_output_tokens = 0;    // the largest of the limits below; 0: not given
  int64_t max_chat_tokens = 0;      // of max_tokens and max_completion_tokens
  int64_t max_response_tokens = 0;  // max_output_tokens, which chat completions do not know
  int64_t choices = 1;              // the greater of n and best_of
  int64_t prompts = 1;              // more for a batch: an array of texts in `prompt` or `input`
  // False when the prompt can hold more tokens than the body has bytes: it refers to something kept
  // elsewhere, holds media, or lets the provider's own tools add to it.
  bool prompt_bounded_by_body = true;
  // Where the body can be edited in place:
  size_t model_offset = 0, model_bytes = 0;  // the raw value (JSON: between the quotes)
  size_t stream_options_offset = 0, stream_options_bytes = 0;  // the raw value; 0: absent
  size_t object_end = 0;  // of the closing brace of a JSON body; 0 for multipart
};

// The working memory of read_json_body: small, reusable, owned by one reader at a time.
class JsonParser {
 public:
  static constexpr size_t kDepthMax = 256;

 private:
  friend Result<RequestFacts> read_json_body(const std::string& body, JsonParser& parser);
  std::array<uint8_t, kDepthMax> levels_{};
};

inline constexpr size_t kModelNameBytesMax = 256;
inline constexpr int64_t kChoicesMax = 1024;
inline constexpr int64_t kOutputTokensMax = INT32_MAX;

// Reads a JSON body and checks all of it (RFC 8259; UTF-8, nesting up to JsonParser::kDepthMax).
// Refused with kInvalidRequest beside broken JSON: a watched member of the wrong type, given twice
// in whatever spelling, or spelt in other case, for another parser might then see another model.
Result<RequestFacts> read_json_body(const std::string& body, JsonParser& parser);

// Reads the fields of a form (RFC 7578) and skips its files. `content_type` is the header's value.
Result<RequestFacts> read_multipart_body(std::string_view body, std::string_view content_type);

// The first field of that name in such a form; empty when there is none.
Result<std::string> find_multipart_text(std::string_view body, std::string_view content_type,
                                        std::string_view name);

// Sets stream_options.include_usage to true in place. REQUIRES: `facts` read from this JSON body.
// facts.include_usage keeps telling what the client itself asked for.
void ask_for_usage(std::string& body, RequestFacts& facts);

// Puts another model's name in place of the one that the client gave (a JSON body that names none
// gets one). REQUIRES: `facts` read from this body. facts.model keeps the client's name.
void replace_model(std::string& body, RequestFacts& facts, std::string_view upstream_model);

}  // namespace chatgate
