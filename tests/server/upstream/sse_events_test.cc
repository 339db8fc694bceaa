#include "server/upstream/sse_events.h"

#include <catch2/catch_all.hpp>
#include <vector>

namespace chatgate {
namespace {

using Datas = std::vector<std::string>;

// The data of the events of `stream`, fed in pieces of `piece_bytes`.
Datas datas_of(std::string_view stream, size_t piece_bytes) {
  Datas datas;
  const auto visit = [&](std::string_view data) { datas.emplace_back(data); };
  SseEvents events;
  while (!stream.empty()) {
    events.feed(stream.substr(0, piece_bytes), visit);
    stream.remove_prefix(std::min(piece_bytes, stream.size()));
  }
  events.finish(visit);
  return datas;
}

TEST_CASE("events are the same in every split and with every line end", "[sse_events]") {
  const std::string stream =
      ": comment\n\ndata: one\n\nevent: x\ndata:two\ndata:  three\nid: 7\n\n\n\ndata\n\ndatum: "
      "no\n\n";
  const Datas expected{"one", "two\n three", ""};
  for (const char* line_end : {"\n", "\r", "\r\n"}) {
    std::string told;
    for (const char c : stream) told += c == '\n' ? line_end : std::string(1, c);
    for (size_t bytes = 1; bytes <= told.size(); ++bytes) {
      CAPTURE(line_end, bytes);
      CHECK(datas_of(told, bytes) == expected);
    }
  }
}

TEST_CASE("an event that lacks its end counts at the end", "[sse_events]") {
  CHECK(datas_of("data: a\n\ndata: b", 3) == Datas{"a", "b"});
  CHECK(datas_of("data: a\n", 3) == Datas{"a"});
  CHECK(datas_of("", 1).empty());
}

TEST_CASE("an endless event takes bounded memory", "[sse_events]") {
  const std::string stream = "data: " + std::string(3 * SseEvents::kDataBytesMax, 'x') + "\n\n";
  const auto datas = datas_of(stream, 65536);
  REQUIRE(datas.size() == 1);
  CHECK(datas.front().size() <= SseEvents::kDataBytesMax + 65536);
}

}  // namespace
}  // namespace chatgate
