#include "server/wire/prompt_tokens.h"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "common/tokenizer/chat_tokens.h"

namespace chatgate {
namespace {

using Json = nlohmann::json;

PromptTokens count(std::string_view body) { return count_prompt(body, o200k_base()); }

// The example of the API reference of chat completions, whose answer says prompt_tokens: 19.
TEST_CASE("a chat's prompt is counted as OpenAI charges it", "[tokenizer]") {
  const auto tokens = count(R"({"model":"gpt-4o","messages":[
      {"role":"system","content":"You are a helpful assistant."},
      {"role":"user","content":[{"type":"text","text":"Hello!"}]}],"temperature":0.5})");
  CHECK(tokens.likely == 19);
  CHECK(tokens.bound >= 19);
  CHECK(count(R"({"messages":[{"role":"system","content":"You are a helpful assistant."},
      {"role":"user","content":"Hello!"}]})")
            .likely == 19);
}

TEST_CASE("other prompts are their text", "[tokenizer]") {
  CHECK(count(R"({"model":"m","prompt":"one two three"})").likely == 3);
  CHECK(count(R"({"model":"m","prompt":["one","two three"]})").likely == 3);
  CHECK(count(R"({"model":"m","prompt":[1,2,3]})").likely == 3);
  CHECK(count(R"({"model":"m","input":"one\u0020two","instructions":"three"})").likely == 3);
  CHECK(count(R"({"model":"m"})").likely == 0);
}

TEST_CASE("tools count, but bound nothing", "[tokenizer]") {
  const std::string tools =
      R"([{"type":"function","function":{"name":"weather","description":"d"}}])";
  const auto tokens = count(R"({"messages":[],"tools":)" + tools + "}");
  CHECK(tokens.likely > 5);
  CHECK_FALSE(tokens.bound);
}

TEST_CASE("there is no bound where a member's part in the prompt is not known", "[tokenizer]") {
  CHECK(count(R"({"messages":[{"role":"user","content":"x"}],"max_tokens":5,"n":2})").bound);
  for (const std::string body :
       {R"({"messages":[],"response_format":{"type":"json_object"}})",
        R"({"messages":[],"what is new":1})", R"({"messages":[{"role":"user","tool_calls":[]}]})",
        R"({"input":[{"role":"user","content":[{"type":"input_text","text":"x","cache":1}]}]})"}) {
    INFO(body);
    CHECK_FALSE(count(body).bound);
  }
}

TEST_CASE("the bound is never below what a chat is charged", "[tokenizer]") {
  std::mt19937 random(Catch::getSeed());
  const std::vector<std::string> parts = {
      "word ",         "\xE4\xBD\xA0", "\n", "\"", "1234", "!!", "\xF0\x9F\x98\x80",
      "<|endoftext|>", "\\",           "a"};
  const auto some_text = [&](size_t count_max) {
    std::string text;
    for (size_t n = random() % count_max; n > 0; --n) text += parts[random() % parts.size()];
    return text;
  };
  for (int i = 0; i < 500; ++i) {
    std::vector<std::array<std::string, 3>> texts(1 + random() % 5);
    Json messages = Json::array();
    std::vector<ChatMessage> chat;
    for (auto& [role, content, name] : texts) {
      role = std::vector<std::string>{"user", "assistant", "system"}[random() % 3];
      content = some_text(40);
      messages.push_back({{"role", role}, {"content", content}});
      if (random() % 3 == 0) messages.back()["name"] = name = "ann" + some_text(2);
      chat.push_back({role, content, name});
    }
    const Json body = {{"model", "gpt-4o"}, {"messages", messages}};
    const auto tokens = count(body.dump(-1, ' ', random() % 2 == 0));
    const int64_t charged = count_chat_tokens("gpt-4o", chat);
    REQUIRE(tokens.bound);
    CHECK(*tokens.bound >= charged);
    CHECK(std::abs(tokens.likely - charged) <= static_cast<int64_t>(chat.size()));
  }
}

}  // namespace
}  // namespace chatgate
