#include "common/tokenizer/model_encoding.h"

#include <catch2/catch_all.hpp>
#include <vector>

#include "common/tokenizer/chat_tokens.h"

namespace chatgate {
namespace {

TEST_CASE("models have their encodings", "[tokenizer]") {
  for (const auto* model :
       {"gpt-4o", "gpt-4o-mini-2024-07-18", "gpt-4.1-nano", "gpt-4.5-preview", "gpt-5", "gpt-5.1",
        "o1", "o1-preview", "o3-mini", "o4-mini", "chatgpt-4o-latest", "gpt-oss-120b",
        "ft:gpt-4o-mini-2024-07-18:acme::abc123", "openai/gpt-4o"}) {
    INFO(model);
    CHECK(encoding_for(model).name() == "o200k_base");
    CHECK(has_known_encoding(model));
  }
  for (const auto* model : {"gpt-4", "gpt-4-turbo", "gpt-4-32k-0613", "gpt-3.5-turbo",
                            "gpt-35-turbo", "text-embedding-3-large", "davinci-002",
                            "ft:gpt-3.5-turbo-0125:acme::abc123", "azure/gpt-4"}) {
    INFO(model);
    CHECK(encoding_for(model).name() == "cl100k_base");
    CHECK(has_known_encoding(model));
  }
}

TEST_CASE("unknown models fall back to the newer encoding", "[tokenizer]") {
  for (const auto* model : {"", "llama-3", "claude", "o1x", "o100", "gpt-45", "gpt", "my-gpt-4",
                            "text-davinci-003", "ft:", "gpt-4o/llama"}) {
    INFO(model);
    CHECK(encoding_for(model).name() == "o200k_base");
    CHECK_FALSE(has_known_encoding(model));
  }
}

// The example of the API reference of chat completions, whose answer says prompt_tokens: 19.
TEST_CASE("a chat's prompt counts as OpenAI charges it", "[tokenizer]") {
  std::vector<ChatMessage> messages = {{"system", "You are a helpful assistant."},
                                       {"user", "Hello!"}};
  CHECK(count_chat_tokens("gpt-4o", messages) == 19);
  CHECK(count_chat_tokens("gpt-3.5-turbo", messages) == 19);
  CHECK(count_chat_tokens("gpt-3.5-turbo-0301", messages) == 21);
  messages[1].name = "Ann";
  CHECK(count_chat_tokens("gpt-4o", messages) == 21);
  CHECK(count_chat_tokens("gpt-3.5-turbo-0301", messages) == 21);
  CHECK(count_chat_tokens("gpt-4o", {}) == 3);
}

}  // namespace
}  // namespace chatgate
