// Event streams: what the client gets, and what the books get, do not depend on the split.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/upstream/sse_filter.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace chatgate;

struct Filtered {
  std::string before_release = {}, all = {};
  bool has_end = false;
  std::string id = {}, model = {}, type = {};
  std::optional<TokenUsage> usage = {};
  int64_t content_events = 0, content_bytes = 0, content_tokens = 0;
  bool has_error = false;

  bool operator==(const Filtered&) const = default;
};

Filtered filter(std::string_view stream, bool hide, size_t step) {
  SseFilter sse(hide);
  sse.count_text(o200k_base(), !hide);
  Filtered filtered;
  for (size_t at = 0; at < stream.size(); at += step) {
    sse.feed(stream.substr(at, step), filtered.before_release);
  }
  filtered.has_end = sse.has_end();
  filtered.all = filtered.before_release;
  sse.release(filtered.all);
  filtered.id = sse.facts().id;
  filtered.model = sse.facts().model;
  filtered.type = sse.facts().type;
  filtered.usage = sse.facts().usage;
  filtered.has_error = sse.facts().has_error;
  filtered.content_events = sse.content_events();
  filtered.content_bytes = sse.content_bytes();
  filtered.content_tokens = sse.content_tokens();
  return filtered;
}

}  // namespace

FUZZ_TARGET(sse,
            "7"
            ": ping\r\n\r\nevent: x\ndata: "
            "{\"id\":\"a\",\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\n"
            "data: [DONE]\n\n") {
  if (size == 0) return 0;
  const bool hide = (data[0] & 1) != 0;
  const size_t step = data[0] / 2U + 1;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Filtered whole = filter(stream, hide, stream.size() + 1);
  if (!(filter(stream, hide, step) == whole)) std::abort();
  if (!(filter(stream, hide, 1) == whole)) std::abort();
  if (!hide && whole.all != stream) std::abort();
  return 0;
}
