#include "server/wire/chat_completion.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("a whole chat completion is read", "[chat_completion]") {
  const auto completion = read_chat_completion(
      R"({"id":"c-1","model":"m","choices":[{"index":1,"message":{"content":"other"}},)"
      R"({"index":0,"message":{"role":"assistant","content":"\u4f60\n"},)"
      R"("finish_reason":"stop"}]})");
  REQUIRE(completion);
  CHECK(completion->id == "c-1");
  CHECK(completion->model == "m");
  CHECK(completion->text == "\u4f60\n");
  CHECK(completion->finish_reason == "stop");
}

TEST_CASE("a refusal is what the model says", "[chat_completion]") {
  const auto completion =
      read_chat_completion(R"({"choices":[{"message":{"content":null,"refusal":"No."}}]})");
  REQUIRE(completion);
  CHECK(completion->text == "No.");
}

TEST_CASE("what is no chat completion is refused", "[chat_completion]") {
  for (const char* text :
       {"", "[]", "{}", "{\"choices\":[]}", "{\"choices\":[{}]}", "{\"choices\":7}",
        "{\"choices\":[{\"index\":1,\"message\":{}}]}", "{\"choices\":[null"}) {
    CAPTURE(text);
    const auto completion = read_chat_completion(text);
    REQUIRE_FALSE(completion);
    CHECK(completion.error().code == ErrorCode::kUpstreamBroken);
  }
}

TEST_CASE("chunks make a completion", "[chat_completion]") {
  ChatCompletion completion;
  CHECK(add_chat_chunk(
            R"({"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant"}}]})",
            completion) == "");
  CHECK(add_chat_chunk(R"({"id":"d","choices":[{"index":0,"delta":{"content":"Hel"}}]})",
                       completion) == "Hel");
  CHECK(add_chat_chunk(R"({"choices":[{"index":1,"delta":{"content":"other"}}]})", completion) ==
        "");
  CHECK(add_chat_chunk(
            R"({"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"length"}]})",
            completion) == "lo");
  CHECK(add_chat_chunk(R"({"choices":[],"usage":{}})", completion) == "");
  CHECK(completion.id == "c");
  CHECK(completion.text == "Hello");
  CHECK(completion.finish_reason == "length");
  CHECK_FALSE(add_chat_chunk("[DONE]", completion));
  CHECK_FALSE(add_chat_chunk(R"({"error":{"message":"x"}})", completion));
}

TEST_CASE("an upstream's failure is told in terms of the caller", "[chat_completion]") {
  constexpr std::string_view kBody = R"({"error":{"message":"no such parameter"}})";
  CHECK(error_of_upstream(400, kBody, false).code == ErrorCode::kInvalidRequest);
  CHECK(error_of_upstream(400, kBody, false).message == "no such parameter");
  CHECK(error_of_upstream(400, "<html>", false).code == ErrorCode::kUpstreamBroken);
  CHECK(error_of_upstream(401, kBody, false).code == ErrorCode::kUpstreamBroken);
  CHECK(error_of_upstream(401, kBody, true).code == ErrorCode::kInvalidToken);
  CHECK(error_of_upstream(429, kBody, false).code == ErrorCode::kUpstreamBusy);
  CHECK(error_of_upstream(503, kBody, false).code == ErrorCode::kUpstreamBroken);
}

}  // namespace
}  // namespace chatgate
