#include "server/upstream/sse_filter.h"

#include <algorithm>
#include <catch2/catch_all.hpp>
#include <random>
#include <string>
#include <vector>

namespace chatgate {
namespace {

struct Filtered {
  std::string before_release, all;
  bool has_end = false;
  std::string id, type;
  std::optional<TokenUsage> usage;
  int64_t content_events = 0, content_bytes = 0, content_tokens = 0;
  bool has_error = false;

  bool operator==(const Filtered&) const = default;
};

Filtered filter(std::string_view stream, bool hide, const std::vector<size_t>& splits = {}) {
  SseFilter sse(hide);
  sse.count_text(o200k_base(), true);
  Filtered filtered;
  size_t begin = 0;
  for (size_t i = 0; i <= splits.size(); ++i) {
    const size_t end = i < splits.size() ? splits[i] : stream.size();
    const std::vector<char> bytes(stream.begin() + static_cast<ptrdiff_t>(begin),
                                  stream.begin() + static_cast<ptrdiff_t>(end));
    sse.feed({bytes.data(), bytes.size()}, filtered.before_release);
    begin = end;
  }
  filtered.has_end = sse.has_end();
  filtered.all = filtered.before_release;
  sse.release(filtered.all);
  filtered.id = sse.facts().id;
  filtered.type = sse.facts().type;
  filtered.usage = sse.facts().usage;
  filtered.has_error = sse.facts().has_error;
  filtered.content_events = sse.content_events();
  filtered.content_bytes = sse.content_bytes();
  filtered.content_tokens = sse.content_tokens();
  return filtered;
}

// Feeds the stream split at every byte, at every pair of bytes when it is short, and byte by byte.
Filtered filter_all_ways(std::string_view stream, bool hide) {
  constexpr size_t kShort = 250;
  const Filtered whole = filter(stream, hide);
  std::vector<size_t> each_byte;
  bool all_equal = true;
  for (size_t first = 1; first < stream.size(); ++first) {
    each_byte.push_back(first);
    all_equal = all_equal && filter(stream, hide, {first}) == whole;
    for (size_t second = first + 1; stream.size() <= kShort && second < stream.size(); ++second) {
      all_equal = all_equal && filter(stream, hide, {first, second}) == whole;
    }
  }
  CHECK(all_equal);
  CHECK(filter(stream, hide, each_byte) == whole);
  return whole;
}

const std::string kRole =
    R"(data: {"id":"c1","choices":[{"delta":{"role":"assistant","content":""}}],"usage":null})"
    "\n\n";
const std::string kHello =
    R"(data: {"id":"c1","choices":[{"delta":{"content":"Hello"}}],"usage":null})"
    "\n\n";
const std::string kStop =
    R"(data: {"id":"c1","choices":[{"delta":{},"finish_reason":"stop"}],"usage":null})"
    "\n\n";
const std::string kUsage =
    R"(data: {"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}})"
    "\n\n";
const std::string kDone = "data: [DONE]\n\n";
const TokenUsage kThreeAndOne{.prompt = 3, .completion = 1};

std::string with_line_ends(std::string text, const std::string& line_end) {
  std::string out;
  for (const char c : text) out += c == '\n' ? line_end : std::string(1, c);
  return out;
}

TEST_CASE("the usage chunk is hidden and nothing else", "[sse]") {
  for (const std::string line_end : {"\n", "\r", "\r\n"}) {
    const auto lines = [&](const std::string& text) { return with_line_ends(text, line_end); };
    const std::string stream = lines(kRole + kHello + kStop + kUsage + kDone);
    const Filtered hidden = filter_all_ways(stream, true);
    CHECK(hidden.before_release == lines(kRole + kHello + kStop));
    CHECK(hidden.all == lines(kRole + kHello + kStop + kDone));
    CHECK(hidden.has_end);
    CHECK(hidden.usage == kThreeAndOne);
    CHECK(hidden.id == "c1");
    CHECK(hidden.content_events == 1);
    CHECK(hidden.content_bytes == static_cast<int64_t>(kHello.size() - 8));

    const Filtered shown = filter_all_ways(stream, false);
    CHECK(shown.before_release == lines(kRole + kHello + kStop + kUsage));
    CHECK(shown.all == stream);
    CHECK(shown.usage == kThreeAndOne);
  }
}

TEST_CASE("usage beside choices is never hidden", "[sse]") {
  const std::string each = R"(data: {"choices":[{"delta":{"content":"a"}}],)"
                           R"("usage":{"prompt_tokens":3,"completion_tokens":1}})"
                           "\n\n";
  const std::string filter_results = R"(data: {"choices":[],"prompt_filter_results":[{}]})"
                                     "\n\n";
  const std::string null_usage = R"(data: {"choices":[],"usage":null})"
                                 "\n\n";
  const std::string no_choices = R"(data: {"usage":{"total_tokens":4}})"
                                 "\n\n";
  const std::string failed = R"(data: {"choices":[],"usage":{"total_tokens":4},"error":{}})"
                             "\n\n";
  for (const std::string& event : {each, filter_results, null_usage, no_choices, failed}) {
    const Filtered filtered = filter_all_ways(event + kDone, true);
    CHECK(filtered.before_release == event);
    CHECK(filtered.all == event + kDone);
  }
  CHECK(filter(each + each, true).usage == kThreeAndOne);
}

TEST_CASE("a usage chunk is hidden in whatever form it comes", "[sse]") {
  const std::string json = R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}})";
  const std::string halves =
      "{\"choices\":[],\ndata: \"usage\":{\"prompt_tokens\":3,\n"
      "data:\"completion_tokens\":1}}";
  for (const std::string& event : {"data:" + json, "event: x\ndata: " + json + "\nid: 7",
                                   "data: " + halves, "data: " + json + "\n: comment\nretry: 5"}) {
    const Filtered filtered = filter_all_ways(event + "\n\n" + kDone, true);
    CHECK(filtered.all == kDone);
    CHECK(filtered.usage == kThreeAndOne);
  }
  // At EOF, without the blank line.
  CHECK(filter_all_ways(kHello + "data: " + json + "\n", true).all == kHello);
  CHECK(filter_all_ways(kHello + "data: " + json, true).usage == kThreeAndOne);
  // Counts that are no counts hide it all the same, but are not believed.
  const Filtered odd = filter(R"(data: {"choices":[],"usage":{"prompt_tokens":-3}})"
                              "\n\n",
                              true);
  CHECK(odd.all.empty());
  CHECK_FALSE(odd.usage);
}

TEST_CASE("comments, events and odd lines pass through", "[sse]") {
  const std::vector<std::string> streams = {
      "\xef\xbb\xbf" + kHello + kDone,
      ": ping\n\n" + kHello + ":\n\n:\r\n" + kStop + kDone,
      "\n\n\r\n\r\r" + kHello,
      "event: message\nid: 1\nretry: 10\n" + kHello + kDone,
      "data\n\ndata:\n\ndata: \n\ndata:x\n\n" + kDone,
      "dat: x\ndatax: y\n data: z\nnonsense\n: \n\n" + kHello,
      "data: not json\n\ndata: {\"broken\n\ndata: ]\n\n" + kHello + kDone,
      "data: \"[DONE]\"\n\ndata: [DONE]x\n\ndata: x[DONE]\n\n" + kHello,
      "\xef\xbb" + kHello,
      "\xef\xbb\xbf\xef\xbb\xbf" + kHello,
      std::string("data: a\0b\n\n\0\n\n", 14) + kHello,
  };
  for (const std::string& stream : streams) {
    INFO(stream);
    CHECK(filter_all_ways(stream, true).all == stream);
    CHECK(filter_all_ways(stream, false).all == stream);
  }
  CHECK(filter("\xef\xbb\xbf" + kHello, true).id == "c1");
  CHECK(filter("\xef\xbb" + kHello, true).id.empty());
  // A comment is not held back until an event follows.
  CHECK(filter_all_ways(": ping\n", true).before_release == ": ping\n");
}

TEST_CASE("the end is withheld with all that follows", "[sse]") {
  const auto event = [](const std::string& type, const std::string& rest) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + rest + "}\n\n";
  };
  const std::string usage = R"(,"usage":{"prompt_tokens":3,"completion_tokens":1})";
  const std::string response = R"(,"response":{"id":"r1")" + usage + "}";
  const std::vector<std::string> ends = {
      kDone,
      "data:[DONE]\n\n",
      "data: [DONE] \n\n",
      event("response.completed", response),
      event("response.failed", response),
      event("response.incomplete", response),
      event("response.cancelled", ""),
      event("transcript.text.done", usage),
      event("speech.audio.done", usage),
      event("image_generation.completed", usage),
      "event: response.completed\ndata: {}\n\n",
  };
  for (const std::string& end : ends) {
    INFO(end);
    const std::string delta = event("response.output_text.delta", R"(,"delta":"Hi")");
    const std::string middle = event("response.output_text.done", R"(,"text":"Hi")") +
                               event("response.image_generation_call.completed", "");
    const Filtered filtered = filter_all_ways(delta + middle + end + kDone + "tail", true);
    CHECK(filtered.has_end);
    CHECK(filtered.before_release == delta + middle);
    CHECK(filtered.all == delta + middle + end + kDone + "tail");
    CHECK(filtered.content_events == 1);
    if (end.find("usage") != std::string::npos) CHECK(filtered.usage == kThreeAndOne);
  }
}

TEST_CASE("the end is complete with the line feed that its lines end with", "[sse]") {
  const std::string crlf = "data: {}\r\n\r\ndata: [DONE]\r\n\r\n";
  SseFilter sse(false);
  std::string out;
  for (size_t at = 0; at < crlf.size(); ++at) {
    CHECK_FALSE(sse.has_end());
    sse.feed(crlf.substr(at, 1), out);
  }
  CHECK(sse.has_end());
  sse.release(out);
  CHECK(out == crlf);

  SseFilter cr_alone(false);
  out.clear();
  cr_alone.feed("data: {}\r\rdata: [DONE]\r\r", out);
  CHECK(cr_alone.has_end());
}

TEST_CASE("after the release nothing is withheld", "[sse]") {
  SseFilter sse(true);
  std::string out;
  sse.feed(kHello + kDone + "data: par", out);
  CHECK(out == kHello);
  sse.release(out);
  CHECK(out == kHello + kDone + "data: par");
  CHECK(sse.mid_event());
  sse.feed("tial\n", out);
  CHECK(out == kHello + kDone + "data: partial\n");
  CHECK(sse.mid_event());
  sse.feed("\n" + kDone, out);
  CHECK(out == kHello + kDone + "data: partial\n\n" + kDone);
  CHECK_FALSE(sse.mid_event());
}

TEST_CASE("a stream that breaks off tells whether it did so in mid-event", "[sse]") {
  SseFilter sse(true);
  std::string out;
  sse.feed(kHello + "data: {\"choices\":[{\"del", out);
  CHECK(out == kHello);
  CHECK_FALSE(sse.mid_event());
  CHECK_FALSE(sse.has_end());
  sse.release(out);
  CHECK(out == kHello + "data: {\"choices\":[{\"del");
  CHECK(sse.mid_event());
}

TEST_CASE("an event that outgrows the bound flows, but its end stays", "[sse]") {
  const std::string payload(1 << 20, 'x');
  const std::string event = R"(data: {"type":"response.completed","response":{"output":")" +
                            payload +
                            R"(","usage":{"prompt_tokens":3,"completion_tokens":1}}})"
                            "\n\n";
  for (const size_t piece : {size_t{1000}, size_t{16384}, size_t{100000}, event.size()}) {
    SseFilter sse(true);
    std::string out;
    size_t held_max = 0;
    for (size_t at = 0; at < event.size(); at += piece) {
      sse.feed(std::string_view(event).substr(at, piece), out);
      held_max = std::max(held_max, std::min(at + piece, event.size()) - out.size());
      CHECK(sse.mid_event() == !out.empty());
    }
    CHECK(sse.has_end());
    CHECK(out.size() < event.size());
    if (piece < event.size()) CHECK(held_max <= SseFilter::kEventBytesHeldMax + piece);
    sse.release(out);
    CHECK(out == event);
    CHECK_FALSE(sse.mid_event());
    CHECK(sse.facts().usage == kThreeAndOne);
  }
  // Too large to be hidden, however it was split.
  const std::string large =
      R"(data: {"choices":[],"usage":{"total_tokens":4},"x":")" + payload + "\"}\n\n";
  CHECK(filter(large, true).all == large);
  CHECK(filter(large, true, {70000}).all == large);
  // At the exact bound, with line ends of two bytes.
  for (const size_t size : {SseFilter::kEventBytesHeldMax, SseFilter::kEventBytesHeldMax + 1}) {
    const std::string head = R"(data: {"choices":[],"usage":{"total_tokens":4},"x":")";
    const std::string edge = head + std::string(size - head.size() - 4, 'x') + "\"}\r\n\r\n";
    const Filtered whole = filter(edge + kHello, true);
    CHECK(whole.all == (size > SseFilter::kEventBytesHeldMax ? edge + kHello : kHello));
    for (size_t back = 1; back < 8; ++back) {
      CHECK(filter(edge + kHello, true, {edge.size() - back}) == whole);
      CHECK(filter(edge + kHello, true, {100, edge.size() - back}) == whole);
    }
  }
}

TEST_CASE("errors and pauses in mid-stream are noted and passed", "[sse]") {
  const std::string error = R"(data: {"error":{"message":"overloaded"}})"
                            "\n\n";
  const Filtered filtered = filter_all_ways(kHello + error, true);
  CHECK(filtered.has_error);
  CHECK_FALSE(filtered.has_end);
  CHECK(filtered.before_release == kHello + error);
}

TEST_CASE("random streams survive random splits", "[sse]") {
  std::mt19937 random(7);
  const std::vector<std::string> parts = {kRole,
                                          kHello,
                                          kStop,
                                          kUsage,
                                          kDone,
                                          ": ping\n\n",
                                          "\n",
                                          "\r",
                                          "\r\n",
                                          "data",
                                          ":",
                                          " ",
                                          "x",
                                          "event: e\n",
                                          "data: 1\n",
                                          "\xef\xbb\xbf",
                                          "id: 3\r\n",
                                          "data: {\"usage\":{\"total_tokens\":9},\r\n",
                                          "data: \"choices\":[]}\r",
                                          "data:[DONE]\r\r"};
  for (int round = 0; round < 3000; ++round) {
    std::string stream;
    for (auto count = random() % 10; count > 0; --count) stream += parts[random() % parts.size()];
    const bool hide = random() % 2 == 0;
    const Filtered whole = filter(stream, hide);
    std::vector<size_t> splits;
    for (size_t at = 1 + random() % 20; at < stream.size(); at += 1 + random() % 20) {
      splits.push_back(at);
    }
    INFO(stream);
    REQUIRE(filter(stream, hide, splits) == whole);
    if (!hide) REQUIRE(whole.all == stream);
  }
}

std::string event(std::string_view json) { return "data: " + std::string(json) + "\n\n"; }

std::string choice(int index, std::string_view text) {
  return event(R"({"choices":[{"index":)" + std::to_string(index) + R"(,"delta":{"content":")" +
               std::string(text) + R"("}}]})");
}

TEST_CASE("the text of a stream is counted in tokens", "[sse]") {
  CHECK(filter_all_ways(choice(0, "Hel") + choice(0, "lo"), false).content_tokens == 1);
  const auto chat = filter_all_ways(
      choice(0, "") + choice(0, "one two") + choice(0, " three\\n") + "data: [DONE]\n\n", false);
  CHECK(chat.content_events == 2);
  CHECK(chat.content_tokens == o200k_base().count("one two three\n"));
}

TEST_CASE("what an event repeats is not counted again", "[sse]") {
  const std::string stream =
      event(R"({"type":"response.output_text.delta","delta":"one two three"})") +
      event(R"({"type":"response.output_text.done","text":"one two three"})") +
      event(R"({"type":"response.content_part.done","part":{"text":"one two three"}})");
  CHECK(filter_all_ways(stream, false).content_tokens == 3);
}

TEST_CASE("an event with content other than text is one token", "[sse]") {
  const std::string image =
      event(R"({"type":"image_generation.partial_image","partial_image_b64":"aGVsbG8gd29ybGQ="})");
  CHECK(filter_all_ways(image + image, false).content_tokens == 2);
  CHECK(filter_all_ways(image + choice(0, "one two"), false).content_tokens == 3);
}

TEST_CASE("the arguments of a tool's call are text", "[sse]") {
  const std::string call = event(R"({"choices":[{"delta":{"tool_calls":[{"function":)"
                                 R"({"arguments":"{\"city\":\"Paris\"}"}}]}}]})");
  CHECK(filter_all_ways(call, false).content_tokens == o200k_base().count(R"({"city":"Paris"})"));
}

TEST_CASE("several choices are counted each by itself", "[sse]") {
  SseFilter sse(false);
  sse.count_text(o200k_base(), false);
  std::string out;
  sse.feed(choice(0, "Hel") + choice(1, "lo") + choice(0, "lo"), out);
  CHECK(sse.content_tokens() == 3);
}

}  // namespace
}  // namespace chatgate
