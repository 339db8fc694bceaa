#include "server/conversation/context.h"

#include <algorithm>
#include <catch2/catch_all.hpp>
#include <random>

#include "tests/support/turns.h"

namespace chatgate {
namespace {

// A token for each byte; a role is one token, as it is for every model.
int64_t count_bytes(std::string_view text) {
  const bool is_role = text == "user" || text == "assistant" || text == "system";
  return is_role ? 1 : static_cast<int64_t>(text.size());
}

// Newest first, as a history is: "ccc", "bb", "a" for "a bb ccc".
std::vector<Message> history_of(const std::vector<std::string>& contents) {
  std::vector<Message> history;
  for (size_t i = contents.size(); i > 0; --i) {
    Message message;
    message.role = i % 2 == 1 ? Role::kUser : Role::kAssistant;
    message.content = contents[i - 1];
    history.push_back(message);
  }
  return history;
}

Result<Prompt> prompt_of(const std::string& system, const std::vector<std::string>& history,
                         const std::string& question, const ContextLimits& limits) {
  return build_prompt(system, history_of(history), {Role::kUser, question, ""}, limits, {},
                      count_bytes);
}

TEST_CASE("a question alone: three tokens a message, three to prime", "[conversation]") {
  const auto prompt = prompt_of("", {}, "hello", {4'096, 600});
  REQUIRE(prompt.has_value());
  CHECK(prompt->tokens == 3 + 1 + 5 + 3);
  CHECK(prompt->answer_tokens_max == 4'096 - 12);
  CHECK(contents_of(prompt->messages) == "hello");
}

TEST_CASE("names and the format of 0301 are counted by their rules", "[conversation]") {
  const PromptMessage question{Role::kUser, "hello", "bo"};
  const auto tokens = [&](std::string_view model) {
    return build_prompt("", {}, question, {4'096, 600}, chat_format_of(model), count_bytes)->tokens;
  };
  CHECK(tokens("gpt-4o") == 3 + 1 + 5 + (2 + 1) + 3);
  CHECK(tokens("gpt-3.5-turbo-0301") == 4 + 1 + 5 + (2 - 1) + 3);
  CHECK(tokens("gpt-3.5-turbo-0613") == tokens("gpt-4o"));
}

TEST_CASE("the history is replayed in its order, after the system message", "[conversation]") {
  const auto prompt = prompt_of("be brief", {"q1", "a1"}, "q2", {1'000, 600});
  REQUIRE(prompt.has_value());
  CHECK(contents_of(prompt->messages) == "be brief q1 a1 q2");
  CHECK(prompt->messages[0].role == Role::kSystem);
  CHECK(prompt->messages[2].role == Role::kAssistant);
  CHECK(prompt->tokens == 4 * 4 + 8 + 2 + 2 + 2 + 3);
}

TEST_CASE("the oldest is cut, to the token", "[conversation]") {
  // The question takes 4 + 10 + 3, each message of the history 4 + 10.
  const std::string ten(10, 'x');
  const auto taken = [&](int64_t budget) {
    const auto prompt = prompt_of("", {ten, ten, ten}, ten, {budget + 600, 600});
    REQUIRE(prompt.has_value());
    CHECK(prompt->answer_tokens_max >= 600);
    CHECK(prompt->answer_tokens_max == budget + 600 - prompt->tokens);
    return prompt->messages.size() - 1;
  };
  CHECK(taken(17) == 0);
  CHECK(taken(30) == 0);
  CHECK(taken(31) == 1);
  CHECK(taken(44) == 1);
  CHECK(taken(45) == 2);
  CHECK(taken(59) == 3);
  CHECK(taken(1'000) == 3);
}

TEST_CASE("nothing older than what was cut is replayed", "[conversation]") {
  const auto prompt = prompt_of("", {"a", std::string(100, 'b'), "c"}, "d", {650, 600});
  REQUIRE(prompt.has_value());
  CHECK(contents_of(prompt->messages) == "c d");
}

TEST_CASE("a system message is kept however little room it leaves", "[conversation]") {
  const auto prompt = prompt_of(std::string(30, 's'), {"old", "old"}, "q", {642, 600});
  REQUIRE(prompt.has_value());
  CHECK(prompt->messages.size() == 2);
  CHECK(prompt->answer_tokens_max == 600);
}

TEST_CASE("a question that is too long alone is refused with its figures", "[conversation]") {
  const auto refused = prompt_of("", {"a"}, std::string(50, 'q'), {650, 600});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kInvalidRequest);
  CHECK(refused.error().message.find("57 tokens") != std::string::npos);
  CHECK(refused.error().message.find("650") != std::string::npos);
  CHECK_FALSE(prompt_of(std::string(50, 's'), {}, "q", {650, 600}).has_value());
  // Also where nothing is left for any question.
  CHECK_FALSE(prompt_of("", {}, "", {600, 600}).has_value());
  CHECK_FALSE(prompt_of("", {}, "", {100, 600}).has_value());
}

TEST_CASE("what cannot fit is refused without being counted", "[conversation]") {
  int64_t counted = 0;
  const auto count = [&](std::string_view text) {
    counted += static_cast<int64_t>(text.size());
    return static_cast<int64_t>(text.size() / 100);
  };
  const PromptMessage question{Role::kUser, std::string(10'000'000, ' '), ""};
  CHECK_FALSE(build_prompt("", {}, question, {4'096, 600}, {}, count).has_value());
  CHECK(counted == 0);
}

// What is sent is what the model's own tokenizer finds in it.
TEST_CASE("a prompt's tokens are those of its messages", "[conversation]") {
  for (const std::string model : {"gpt-4o", "gpt-3.5-turbo-0301", "gpt-4"}) {
    const auto history = history_of({"Привет, мир", std::string(5'000, ' '), "你好 🙂"});
    const auto prompt = build_prompt_for(model, "Be brief.", history,
                                         {Role::kUser, "What is a token?", "bo"}, {4'096, 600});
    REQUIRE(prompt.has_value());
    CHECK(prompt->messages.size() == 5);
    std::vector<ChatMessage> sent;
    for (const auto& each : prompt->messages) {
      sent.push_back({name_of(each.role), each.content, each.name});
    }
    CHECK(prompt->tokens == count_chat_tokens(model, sent));
  }
}

TEST_CASE("the bounds of reading never cut what would fit", "[conversation]") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    const ContextLimits limits{static_cast<int64_t>(600 + random() % 300), 600};
    std::vector<std::string> contents;
    for (size_t i = random() % 100; i > 0; --i) contents.emplace_back(random() % 12, 'x');
    const ReadBounds bounds = read_bounds_of(limits);
    auto history = history_of(contents);
    auto read = history;
    read.resize(std::min(read.size(), bounds.messages_max));
    const auto whole = build_prompt("", history, {}, limits, {}, count_bytes);
    const auto bounded = build_prompt("", read, {}, limits, {}, count_bytes);
    REQUIRE(whole.has_value() == bounded.has_value());
    if (whole) REQUIRE(contents_of(whole->messages) == contents_of(bounded->messages));
    if (whole) REQUIRE(whole->tokens <= limits.tokens_max - limits.answer_tokens_min);
  }
}

}  // namespace
}  // namespace chatgate
