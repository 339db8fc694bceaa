#include "server/upstream/usage_extractor.h"

#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

#include "server/upstream/usage_object.h"

namespace chatgate {
namespace {

struct Scanned {
  AnswerFacts facts;
  bool is_complete = false;
};

bool same(const Scanned& a, const Scanned& b) {
  return a.is_complete == b.is_complete && a.facts.id == b.facts.id &&
         a.facts.model == b.facts.model && a.facts.type == b.facts.type &&
         a.facts.usage == b.facts.usage && a.facts.has_error == b.facts.has_error &&
         a.facts.has_usage_object == b.facts.has_usage_object &&
         a.facts.has_choices == b.facts.has_choices &&
         a.facts.choices_empty == b.facts.choices_empty &&
         a.facts.has_content == b.facts.has_content;
}

Scanned scan(const std::vector<std::string_view>& pieces) {
  JsonAnswerScanner scanner;
  for (const std::string_view piece : pieces) {
    const std::vector<char> bytes(piece.begin(), piece.end());
    scanner.feed({bytes.data(), bytes.size()});
  }
  return {scanner.facts(), scanner.is_complete()};
}

// Also checks that no split changes anything.
Scanned scan_all_ways(std::string_view json) {
  const Scanned whole = scan({json});
  std::vector<std::string_view> bytes;
  for (size_t at = 0; at < json.size(); ++at) {
    CHECK(same(scan({json.substr(0, at), json.substr(at)}), whole));
    bytes.push_back(json.substr(at, 1));
  }
  CHECK(same(scan(bytes), whole));
  return whole;
}

TEST_CASE("usage is understood in each dialect", "[usage]") {
  struct Case {
    const char* json;
    TokenUsage usage;
  };
  const std::vector<Case> cases = {
      {R"({"prompt_tokens":9,"completion_tokens":12,"total_tokens":21})",
       {.prompt = 9, .completion = 12}},
      {R"({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
           "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 3},
           "completion_tokens_details": {"reasoning_tokens": 32, "audio_tokens": 5,
             "accepted_prediction_tokens": 1, "rejected_prediction_tokens": 0}})",
       {100, 64, 3, 50, 32, 5}},
      {R"({"input_tokens":36,"input_tokens_details":{"cached_tokens":4},"output_tokens":87,
           "output_tokens_details":{"reasoning_tokens":7},"total_tokens":123})",
       {.prompt = 36, .cached_prompt = 4, .completion = 87, .reasoning_completion = 7}},
      {R"({"prompt_tokens":8,"total_tokens":8})", {.prompt = 8}},
      {R"({"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":0,
           "audio_tokens":14},"output_tokens":45,"total_tokens":59})",
       {.prompt = 14, .audio_prompt = 14, .completion = 45}},
      {R"({"input_tokens":50,"input_tokens_details":{"image_tokens":40,"text_tokens":10},
           "output_tokens":1000,"total_tokens":1050})",
       {.prompt = 50, .completion = 1000}},
      {R"({"prompt_tokens":5,"completion_tokens":null,"prompt_tokens_details":null})",
       {.prompt = 5}},
      {R"({"prompt_tokens":5,"completion_tokens":6,"input_tokens":0,"output_tokens":0,
           "prompt_tokens_details":{"cached_tokens":2},
           "input_tokens_details":{"cached_tokens":0}})",
       {.prompt = 5, .cached_prompt = 2, .completion = 6}},
      {R"({"prompt_tokens":5,"completion_tokens":6,"cost":0.00123,"queue_time":1e-3,"x":true,
           "cost_details":{"a":[1,{"b":"}]"}]},"s":"\"","is_byok":false})",
       {.prompt = 5, .completion = 6}},
      {R"({"prompt_tokens":5,"completion_tokens":6,"prompt_cache_hit_tokens":4})",
       {.prompt = 5, .cached_prompt = 4, .completion = 6}},
      {R"({"total_tokens":7})", {.prompt = 7}},
      {R"({"completion_tokens":0,"prompt_tokens":9007199254740992})", {.prompt = int64_t{1} << 53}},
  };
  for (const Case& each : cases) {
    INFO(each.json);
    const auto usage = parse_usage(each.json);
    REQUIRE(usage);
    CHECK(*usage == each.usage);
    const auto scanned = scan_all_ways("{\"id\":\"a\",\"usage\":" + std::string(each.json) + "}");
    CHECK(scanned.facts.usage == each.usage);
    CHECK(scanned.is_complete);
  }
}

TEST_CASE("the facts of whole answers are read", "[scanner]") {
  const Scanned chat = scan_all_ways(R"({"id":"chatcmpl-1","object":"chat.completion",
    "created":1,"model":"gpt-5","choices":[{"index":0,"message":{"role":"assistant",
    "content":"a } ] \" \\"},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":1,"completion_tokens":2},"error":null,"system_fingerprint":"f"})");
  CHECK(chat.facts.id == "chatcmpl-1");
  CHECK(chat.facts.model == "gpt-5");
  CHECK(chat.facts.usage == TokenUsage{.prompt = 1, .completion = 2});
  CHECK(chat.facts.has_choices);
  CHECK_FALSE(chat.facts.choices_empty);
  CHECK(chat.facts.has_content);
  CHECK_FALSE(chat.facts.has_error);
  CHECK(chat.is_complete);

  const Scanned event = scan_all_ways(R"({"type":"response.completed","sequence_number":9,
    "response":{"id":"resp_1","type":"no","status":"completed","error":null,"model":"gpt-5",
    "output":[{"id":"msg_1","model":"no","usage":{"input_tokens":99}}],
    "usage":{"input_tokens":3,"output_tokens":4},"response":{"id":"no"}},"after":{"id":"no"}})");
  CHECK(event.facts.type == "response.completed");
  CHECK(event.facts.id == "resp_1");
  CHECK(event.facts.model == "gpt-5");
  CHECK(event.facts.usage == TokenUsage{.prompt = 3, .completion = 4});
  CHECK_FALSE(event.facts.has_error);
  CHECK(event.is_complete);

  CHECK(scan_all_ways(R"({"error":{"message":"x","code":null}})").facts.has_error);
  CHECK(scan_all_ways(R"({"error":"x"})").facts.has_error);
  CHECK(scan_all_ways(R"({"type":"error","message":"x"})").facts.has_error);
  CHECK(scan_all_ways(R"({"response":{"error":{"code":"x"}}})").facts.has_error);
  CHECK_FALSE(scan_all_ways(R"({"x":{"error":"x"}})").facts.has_error);
}

TEST_CASE("the usage chunk of a stream is recognised", "[scanner]") {
  const Scanned chunk = scan_all_ways(
      R"({"id":"c","choices":[ ],"usage":{"prompt_tokens":1,"completion_tokens":2}})");
  CHECK(chunk.facts.choices_empty);
  CHECK(chunk.facts.has_usage_object);
  CHECK_FALSE(chunk.facts.has_content);
  CHECK_FALSE(scan_all_ways(R"({"choices":[{}],"usage":null})").facts.choices_empty);
  CHECK_FALSE(scan_all_ways(R"({"choices":[{}],"usage":null})").facts.has_usage_object);
  CHECK_FALSE(scan_all_ways(R"({"choices":{}})").facts.has_choices);
  CHECK_FALSE(scan_all_ways(R"({"x":{"choices":[]}})").facts.has_choices);
  CHECK(scan_all_ways(R"({"us\u0061ge":{"total_tokens":3},"id":"\u0061\"b"})").facts.id == "a\"b");
}

TEST_CASE("content is told from its absence", "[scanner]") {
  const auto has_content = [](std::string_view json) {
    return scan_all_ways(json).facts.has_content;
  };
  CHECK(has_content(R"({"choices":[{"delta":{"content":"Hi"}}]})"));
  CHECK(has_content(R"({"choices":[{"text":" Hi"}]})"));
  CHECK(has_content(R"({"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{"}}]}}]})"));
  CHECK(has_content(R"({"type":"response.output_text.delta","delta":"Hi"})"));
  CHECK_FALSE(has_content(R"({"choices":[{"delta":{"role":"assistant","content":""}}]})"));
  CHECK_FALSE(has_content(R"({"choices":[{"delta":{"content":null},"finish_reason":"stop"}]})"));
  CHECK_FALSE(has_content(R"({"choices":[{"index":0,"delta":{},"finish_reason":"length"}]})"));
  CHECK_FALSE(has_content(R"({"type":"response.created","response":{"status":"queued"}})"));
}

TEST_CASE("hostile answers cost neither memory nor recursion", "[scanner]") {
  JsonAnswerScanner scanner;
  scanner.feed(R"({"choices":)");
  const std::string open(1 << 16, '[');
  for (int i = 0; i < 64; ++i) scanner.feed(open);
  const std::string close(1 << 16, ']');
  for (int i = 0; i < 64; ++i) scanner.feed(close);
  scanner.feed(R"(,"usage":{"total_tokens":5}})");
  CHECK(scanner.is_complete());
  CHECK(scanner.facts().usage == TokenUsage{.prompt = 5});

  const std::string huge(kUsageBytesMax, ' ');
  CHECK_FALSE(scan({"{\"usage\":{\"total_tokens\":5", huge, "}}"}).facts.usage);
  CHECK(scan({"{\"usage\":{\"total_tokens\":5", huge, "}}"}).is_complete);
  CHECK(scan({"{\"id\":\"", huge, "\"}"}).facts.id.empty());
  CHECK(scan({"{\"id\":\"a\\u0000\"}"}).facts.id.empty());
  CHECK(scan({"{\"id\":\"\xff\"}"}).facts.id.empty());
  CHECK(scan({"{\"id\":\"a\nb\"}"}).facts.id.empty());
  CHECK(scan({"{\"id\":\"a\\q\"}"}).facts.id.empty());
}

TEST_CASE("what is no JSON object yields no facts", "[scanner]") {
  for (const std::string_view text :
       {"", "null", "[DONE]x", "<html>{\"id\":\"x\"}", "\"{\"", "{]", "{\"a\" 1}", "{1}", "nope"}) {
    INFO(text);
    const Scanned scanned = scan_all_ways(text);
    CHECK(scanned.facts.id.empty());
    CHECK_FALSE(scanned.facts.usage);
  }
  CHECK(scan_all_ways(R"([{"id":"x","usage":{"total_tokens":5}}])").is_complete);
  CHECK_FALSE(scan_all_ways(R"([{"id":"x","usage":{"total_tokens":5}}])").facts.usage);
}

TEST_CASE("a scanner can be used again", "[scanner]") {
  JsonAnswerScanner scanner;
  scanner.feed(R"({"id":"a","error":1,"choices":[],"usage":{"total_tokens":5)");
  scanner.reset();
  scanner.feed(R"({"model":"m"})");
  CHECK(scanner.is_complete());
  CHECK(scanner.facts().id.empty());
  CHECK(scanner.facts().model == "m");
  CHECK_FALSE(scanner.facts().usage);
  CHECK_FALSE(scanner.facts().has_error);
  CHECK_FALSE(scanner.facts().has_choices);
  CHECK_FALSE(scanner.facts().has_usage_object);
}

}  // namespace
}  // namespace chatgate
