#include "server/wire/request_body.h"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace chatgate {
namespace {

using namespace std::string_literals;
using nlohmann::json;

Result<RequestFacts> read(const std::string& body) {
  JsonParser parser;
  return read_json_body(body, parser);
}

RequestFacts read_well(const std::string& body) {
  auto facts = read(body);
  INFO(body);
  INFO((facts ? "" : facts.error().message));
  REQUIRE(facts);
  return *facts;
}

std::string refusal_of(const std::string& body) {
  const auto facts = read(body);
  INFO(body);
  REQUIRE_FALSE(facts);
  CHECK(facts.error().code == ErrorCode::kInvalidRequest);
  return facts.error().message;
}

// The offsets must point at what they name.
void check_offsets(const std::string& body, const RequestFacts& facts) {
  const json value = json::parse(body);
  CHECK(body.at(facts.object_end) == '}');
  if (value.contains("model")) {
    CHECK(json::parse('"' + body.substr(facts.model_offset, facts.model_bytes) + '"') ==
          value["model"]);
  }
  if (value.contains("stream_options")) {
    CHECK(json::parse(body.substr(facts.stream_options_offset, facts.stream_options_bytes)) ==
          value["stream_options"]);
  } else {
    CHECK(facts.stream_options_bytes == 0);
  }
}

TEST_CASE("a chat request is read", "[body]") {
  const std::string body =
      R"( {"model":"gpt-5", "messages":[{"role":"user","content":"hi\n \ud83d\ude00"}],
    "stream":true,"stream_options":{"include_usage":true},"n":2,"max_tokens":10,
    "max_completion_tokens":30,"temperature":-1.5e-3,"stop":null,"x":{"model":"no","n":"no"}} )";
  const RequestFacts facts = read_well(body);
  CHECK(facts.model == "gpt-5");
  CHECK(facts.stream);
  CHECK(facts.include_usage);
  CHECK(facts.choices == 2);
  CHECK(facts.max_output_tokens == 30);
  CHECK(facts.max_chat_tokens == 30);
  CHECK(facts.max_response_tokens == 0);
  CHECK(facts.prompt_bounded_by_body);
  check_offsets(body, facts);
}

TEST_CASE("absent and null members have their defaults", "[body]") {
  for (const std::string body :
       {R"({})", R"({"stream":null,"stream_options":null,"n":null,"max_tokens":null})"}) {
    const RequestFacts facts = read_well(body);
    CHECK(facts.model.empty());
    CHECK_FALSE(facts.stream);
    CHECK_FALSE(facts.include_usage);
    CHECK(facts.choices == 1);
    CHECK(facts.max_output_tokens == 0);
    CHECK(facts.prompt_bounded_by_body);
    check_offsets(body, facts);
  }
  CHECK(read_well(R"({"max_output_tokens":7})").max_response_tokens == 7);
  CHECK(read_well(R"({"max_output_tokens":7})").max_output_tokens == 7);
  CHECK(read_well(R"({"n":2,"best_of":5})").choices == 5);
}

TEST_CASE("names and values may be spelt with escapes", "[body]") {
  const std::string body = R"({"\u006dod\u0065l":"gpt\u002d5\/\"x\"\u00e9","str\u0065am":true})";
  const RequestFacts facts = read_well(body);
  CHECK(facts.model == "gpt-5/\"x\"\xc3\xa9");
  CHECK(facts.stream);
  check_offsets(body, facts);
}

const std::vector<std::string> kBrokenBodies = {
    "",
    " ",
    "null",
    "1",
    "\"x\"",
    "[]",
    "[{\"model\":\"x\"}]",
    "{",
    "{\"model\"",
    "{\"model\":",
    "{\"model\":\"x",
    "{\"model\":\"x\"",
    "{\"model\":\"x\",}",
    "{,}",
    "{\"a\":1,,\"b\":2}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    "{\"a\":1}}",
    "{\"a\":1}x",
    "{\"a\":1}\0"s,
    "{\"a\":1}{\"a\":1}",
    "\xef\xbb\xbf{}",
    "{\"a\":[1,]}",
    "{\"a\":[1 2]}",
    "{\"a\":[}",
    "{\"a\":[1}}",
    "{\"a\":{]}",
    "{\"a\":[,1]}",
    "{\"a\":tru}",
    "{\"a\":True}",
    "{\"a\":nul}",
    "{\"a\":NaN}",
    "{\"a\":Infinity}",
    "{\"a\":undefined}",
    "{\"a\":01}",
    "{\"a\":+1}",
    "{\"a\":1.}",
    "{\"a\":.5}",
    "{\"a\":1e}",
    "{\"a\":-}",
    "{\"a\":0x1}",
    "{\"a\":1e+}",
    "{\"a\":1e999}",
    "{\"a\":--1}",
    "{\"a\":\"\x01\"}",
    "{\"a\":\"\n\"}",
    "{\"a\":\"\t\"}",
    "{\"a\":\"\0\"}"s,
    "{\"a\":\"\\x\"}",
    "{\"a\":\"\\u12\"}",
    "{\"a\":\"\\u12g4\"}",
    "{\"a\":\"\\",
    "{\"a\":\"\\\"}",
    "{\"a\":\"\\ud800\"}",
    "{\"a\":\"\\udc00\"}",
    "{\"a\":\"\\ud800\\u0041\"}",
    "{\"a\":\"\\ud800\\ud800\"}",
    "{\"a\":\"\\ud800x\"}",
    "{\"a\":\"\xff\"}",
    "{\"a\":\"\xc0\x80\"}",
    "{\"a\":\"\xed\xa0\x80\"}",
    "{\"a\":\"\xc3\"}",
    "{\"\xff\":1}",
    "{\"a\":\"\xf5\x80\x80\x80\"}",
    "{\"a\":\"\xe2\x82\"}",
    "{\"a\":1/**/}",
    "//\n{}",
    "{\"a\":\xa0 1}",
    "{\"messages\":[{\"content\":\"x\"}], \"deep\":{\"a\":[[[{\"b\":tru}]]]}}",
};

TEST_CASE("broken JSON is refused wherever it breaks", "[body]") {
  for (const std::string& body : kBrokenBodies) {
    // The library takes a NUL for the end of the text.
    if (body.starts_with('{') && !body.ends_with('\0')) CHECK_FALSE(json::accept(body));
    CHECK_FALSE(refusal_of(body).empty());
  }
}

TEST_CASE("nesting is bounded", "[body]") {
  const auto nested = [](size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  read_well(nested(JsonParser::kDepthMax));
  CHECK(refusal_of(nested(JsonParser::kDepthMax + 1)).find("nested") != std::string::npos);
  refusal_of("{\"a\":" + std::string(1000000, '['));
}

TEST_CASE("members of the wrong type are refused by name", "[body]") {
  struct Case {
    const char* body;
    const char* param;
  };
  const std::vector<Case> cases = {
      {R"({"model":5})", "model"},
      {R"({"model":null})", "model"},
      {R"({"model":["gpt-5"]})", "model"},
      {R"({"model":{}})", "model"},
      {R"({"stream":"true"})", "stream"},
      {R"({"stream":1})", "stream"},
      {R"({"stream":[]})", "stream"},
      {R"({"stream_options":true})", "stream_options"},
      {R"({"stream_options":[]})", "stream_options"},
      {R"({"stream_options":"x"})", "stream_options"},
      {R"({"stream_options":{"include_usage":1}})", "stream_options.include_usage"},
      {R"({"stream_options":{"include_usage":"true"}})", "stream_options.include_usage"},
      {R"({"stream_options":{"include_usage":{}}})", "stream_options.include_usage"},
      {R"({"n":"2"})", "n"},
      {R"({"n":1.5})", "n"},
      {R"({"n":1e2})", "n"},
      {R"({"n":0})", "n"},
      {R"({"n":-1})", "n"},
      {R"({"n":1025})", "n"},
      {R"({"n":99999999999999999999})", "n"},
      {R"({"n":[1]})", "n"},
      {R"({"n":true})", "n"},
      {R"({"best_of":{}})", "best_of"},
      {R"({"max_tokens":-1})", "max_tokens"},
      {R"({"max_tokens":1.0})", "max_tokens"},
      {R"({"max_tokens":"10"})", "max_tokens"},
      {R"({"max_completion_tokens":9223372036854775808})", "max_completion_tokens"},
      {R"({"max_output_tokens":[]})", "max_output_tokens"},
  };
  for (const Case& each : cases) {
    INFO(each.body);
    const auto facts = read(each.body);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().param == each.param);
    CHECK(facts.error().message.find(each.param) != std::string::npos);
  }
}

TEST_CASE("what another parser might read differently is refused", "[body]") {
  const std::vector<std::string> bodies = {
      R"({"model":"a","model":"b"})",
      R"({"model":"a","mod\u0065l":"b"})",
      R"({"model":"a","x":1,"model":"a"})",
      R"({"stream":true,"stream":false})",
      R"({"stream_options":{},"stream_options":{}})",
      R"({"stream_options":null,"stream_options":{}})",
      R"({"stream_options":{"include_usage":false,"include_usage":true}})",
      R"({"stream_options":{"include_usage":false,"Include_Usage":true}})",
      R"({"max_tokens":1,"max_tokens":2})",
      R"({"max_completion_tokens":1,"max_completion_tokens":2})",
      R"({"max_output_tokens":1,"max_output_tokens":null})",
      R"({"n":1,"n":2})",
      R"({"best_of":1,"best_of":2})",
      R"({"input":"a","input":"b"})",
      R"({"Model":"a"})",
      R"({"model":"a","MODEL":"b"})",
      R"({"model":"a","mode\u004c":"b"})",
      "{\"\xc5\xbftream\":true}",
      R"({"\u017ftream":true})",
      "{\"max_to\xe2\x84\xaa"
      "ens\":5}",
  };
  for (const std::string& body : bodies) {
    REQUIRE(json::accept(body));
    const std::string message = refusal_of(body);
    CHECK((message.find("duplicate") != std::string::npos ||
           message.find("unknown") != std::string::npos));
  }
  // Not at the top level, where the same words mean something else.
  read_well(R"({"metadata":{"model":"a","model":"b","Model":"c"}})");
}

TEST_CASE("a model's name is bounded and printable", "[body]") {
  read_well("{\"model\":\"" + std::string(256, 'x') + "\"}");
  refusal_of("{\"model\":\"" + std::string(257, 'x') + "\"}");
  refusal_of("{\"model\":\"" + std::string(1000000, 'x') + "\"}");
  refusal_of(R"({"model":"a\u0000b"})");
  refusal_of(R"({"model":"a\nb"})");
  CHECK(read_well(R"({"model":""})").model.empty());
}

TEST_CASE("a prompt that is more than its bytes is told apart", "[body]") {
  const std::vector<std::string> bounded = {
      R"({"messages":[{"role":"user","content":"look at http://x/y.png"}]})",
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"file_id"}]}]})",
      R"({"messages":[{"role":"assistant","audio":null,"tool_calls":[{"id":"c","type":"function",
          "function":{"name":"f","arguments":"{}"}}]}]})",
      R"({"input":"hello"})",
      R"({"input":["a","b"]})",
      R"({"input":[[1,2],[3]]})",
      R"({"input":[{"role":"user","content":"x"}]})",
      R"({"input":[{"type":"function_call_output","call_id":"c","output":"x"}]})",
      R"({"input":[{"type":"message","role":"user",
          "content":[{"type":"input_text","text":"x"}]}]})",
      R"({"prompt":"once upon","previous_response_id":null,"conversation":null})",
      R"({"prompt":[1,2,3]})",
      R"({"prompt":["a","b"]})",
      R"({"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object",
          "properties":{"file_id":{"type":"string"},"image_url":{"type":"string"}}}}}]})",
      R"({"tools":[],"tool_choice":"auto","audio":{"voice":"alloy"},"modalities":["audio"]})",
      R"({"tools":null})",
      R"({"text":{"format":{"type":"json_schema","schema":{"type":"object"}}}})",
      R"({"prediction":{"type":"content","content":"x"}})",
  };
  for (const std::string& body : bounded) {
    INFO(body);
    CHECK(read_well(body).prompt_bounded_by_body);
  }
  const std::vector<std::string> unbounded = {
      R"({"previous_response_id":"resp_1","input":"x"})",
      R"({"conversation":"conv_1"})",
      R"({"conversation":{"id":"conv_1"}})",
      R"({"prompt":{"id":"pmpt_1"}})",
      R"({"input":[{"type":"item_reference","id":"msg_1"}]})",
      R"({"input":[{"id":"msg_1"}]})",
      R"({"input":[{"id":"msg_1","type":null}]})",
      R"({"input":[{"type":"reasoning","id":"rs_1","summary":[]}]})",
      R"({"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:x"}]}]})",
      R"({"input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]})",
      R"({"input":[{"type":"message","content":[{"type":"input_text","file_url":"http://x"}]}]})",
      R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]})",
      R"({"messages":[{"role":"user","content":[{"image_url":{"url":"http://x"}}]}]})",
      R"({"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]})",
      R"({"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]})",
      R"({"messages":[{"role":"assistant","audio":{"id":"audio_1"}}]})",
      R"({"messages":[{"content":[{"Type":"image_url"}]}]})",
      R"({"messages":[{"content":[{"typ\u0065":"im\u0061ge_url"}]}]})",
      R"({"tools":[{"type":"web_search"}]})",
      R"({"tools":[{"type":"function"},{"type":"file_search","vector_store_ids":["v"]}]})",
      R"({"tools":[{"type":"mcp","server_url":"http://x"}]})",
      R"({"tools":[{"type":"code_interpreter","container":{"type":"auto"}}]})",
      R"({"tools":[{"type":"function","type":"web_search"}]})",
      R"({"tools":[{"google_search":{}}]})",
      R"({"web_search_options":{}})",
      R"({"image":"http://x/y.png"})",
      R"({"file":"file-1"})",
  };
  for (const std::string& body : unbounded) {
    INFO(body);
    CHECK_FALSE(read_well(body).prompt_bounded_by_body);
  }
}

const std::vector<std::string>& editable_bodies() {
  static const std::vector<std::string> kBodies = {
      R"({})",
      R"({ })",
      R"({"model":"a"})",
      R"({"model":""})",
      R"({ "model" : "gpt-5" , "stream" : true } )",
      "{\"model\":\"a\",\n \"stream\":true\n}\n",
      R"({"stream_options":null,"model":"a"})",
      R"({"model":"a","stream_options":null})",
      R"({"stream_options":{},"model":"a","x":1.50})",
      R"({"stream_options":{ },"model":"a"})",
      R"({"stream_options":{"include_usage":false},"model":"a"})",
      R"({"stream_options":{"include_usage":null},"model":"a"})",
      R"({"stream_options":{"include_usage":true},"model":"a"})",
      R"({"model":"a","stream_options":{"x":{"include_usage":false},"include_usage" : false }})",
      R"({"model":"a","stream_options":{"x":"include_usage"}})",
      R"({"model":"a","stream_options":{"x":[1,"include_usage",{}],"y":{}}})",
      R"({"model":"a","stream_options":{"x":"}]\"{"}})",
      R"({"model":"a","stream_options":{"incl\u0075de_usage":false}})",
      R"({"mod\u0065l":"\ud83d\ude00","stream_options":{"include_obfuscation":false}})",
      R"({"x":[{"model":"b"}],"stream_options":{"a":[]},"model":"a","y":"\u0041"})",
  };
  return kBodies;
}

TEST_CASE("asking for usage changes nothing else", "[body]") {
  for (const std::string& original : editable_bodies()) {
    INFO(original);
    std::string body = original;
    RequestFacts facts = read_well(body);
    const bool asked_before = facts.include_usage;
    ask_for_usage(body, facts);
    INFO(body);
    json expected = json::parse(original);
    if (!expected.contains("stream_options") || expected["stream_options"].is_null()) {
      expected["stream_options"] = json::object();
    }
    expected["stream_options"]["include_usage"] = true;
    CHECK(json::parse(body) == expected);
    CHECK(facts.include_usage == asked_before);
    check_offsets(body, facts);
    CHECK(read_well(body).include_usage);
    // Every byte of the original is still there, in order, apart from the edited value.
    const RequestFacts before = read_well(original);
    const size_t edit =
        before.stream_options_bytes != 0 ? before.stream_options_offset : before.object_end;
    CHECK(body.starts_with(original.substr(0, edit)));
    CHECK(body.ends_with(original.substr(edit + before.stream_options_bytes)));
    const std::string once = body;
    ask_for_usage(body, facts);
    CHECK(body == once);
  }
}

TEST_CASE("replacing the model changes nothing else", "[body]") {
  for (const std::string& original : editable_bodies()) {
    for (const std::string name : {"", "b", "a-much-longer-name", "q\"\\\n\xc3\xa9"}) {
      INFO(original);
      std::string body = original;
      RequestFacts facts = read_well(body);
      replace_model(body, facts, name);
      INFO(body);
      json expected = json::parse(original);
      expected["model"] = name;
      CHECK(json::parse(body) == expected);
      check_offsets(body, facts);
      replace_model(body, facts, "again");
      expected["model"] = "again";
      CHECK(json::parse(body) == expected);
    }
  }
}

TEST_CASE("both edits may come in any order", "[body]") {
  for (const std::string& original : editable_bodies()) {
    INFO(original);
    std::string one = original;
    RequestFacts facts = read_well(one);
    ask_for_usage(one, facts);
    replace_model(one, facts, "a-much-longer-name");
    check_offsets(one, facts);
    std::string other = original;
    facts = read_well(other);
    replace_model(other, facts, "a-much-longer-name");
    ask_for_usage(other, facts);
    check_offsets(other, facts);
    CHECK(json::parse(one) == json::parse(other));
  }
}

TEST_CASE("a batch counts its prompts", "[body]") {
  const auto prompts = [](const std::string& member) {
    return read(R"({"model":"m",)" + member + "}").value().prompts;
  };
  CHECK(prompts(R"("prompt":"a")") == 1);
  CHECK(prompts(R"("prompt":["a","b"])") == 2);
  CHECK(prompts(R"("prompt":[1,2,3])") == 1);
  CHECK(prompts(R"("prompt":[[1,2],[3],[]])") == 3);
  CHECK(prompts(R"("input":["a", "b", "c", "d"])") == 4);
  CHECK(prompts(R"("input":[{"role":"user","content":["a","b"]}])") == 1);
  CHECK(prompts(R"("messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}])") ==
        1);
  CHECK(prompts(R"("prompt":[])") == 1);
}

TEST_CASE("large bodies are read whole", "[body]") {
  std::string text(8 << 20, 'x');
  for (size_t i = 0; i < text.size(); i += 100) text.replace(i, 2, "\xc3\xa9");
  const std::string body =
      R"({"messages":[{"role":"user","content":")" + text + R"("}],"model":"m"})";
  CHECK(read_well(body).model == "m");
  std::string broken = body;
  broken[5000001] = '\x1f';
  refusal_of(broken);
}

TEST_CASE("a service tier that may cost more is seen") {
  for (const char* tier : {"auto", "default", "flex"}) {
    CHECK_FALSE(
        read_well(std::string(R"({"model":"m","service_tier":")") + tier + "\"}").has_costly_tier);
  }
  CHECK_FALSE(read_well(R"({"model":"m","service_tier":null})").has_costly_tier);
  CHECK(read_well(R"({"model":"m","service_tier":"priority"})").has_costly_tier);
  CHECK(read_well(R"({"service_tier":"prior\u0069ty"})").has_costly_tier);
  CHECK_FALSE(read_well(R"({"metadata":{"service_tier":"priority"}})").has_costly_tier);
}

}  // namespace
}  // namespace chatgate
