#include "server/conversation/memory_conversations.h"

#include <atomic>
#include <catch2/catch_all.hpp>
#include <thread>

#include "common/store/conversation_query.h"
#include "tests/support/manual_clock.h"
#include "tests/support/turns.h"

namespace chatgate {
namespace {

constexpr UserId kAnn{1};
constexpr UserId kBob{2};

struct Fixture {
  ManualClock clock{1'000'000};
  MemoryConversations memory{clock, {size_t{1} << 20, size_t{1} << 18}};

  // Says it as a door would, and returns the answer's id.
  std::string say(const std::string& parent, const TurnText& text, int64_t ttl_ms = 0,
                  UserId user = kAnn) {
    const auto history = memory.find_history({user, "", parent});
    REQUIRE(history.has_value());
    const auto turn = begin_turn(user, *history, text.question, "", clock.now(), ttl_ms);
    finish_turn(*turn, text.answer, "gpt", clock.now());
    memory.remember(turn);
    return answer_of(*turn).id;
  }
  Result<History> find(const std::string& parent, UserId user = kAnn,
                       const std::string& conversation = "") {
    return memory.find_history({user, conversation, parent});
  }
  std::string chain(const std::string& parent) {
    const auto history = find(parent);
    REQUIRE(history.has_value());
    return contents_of(history->messages);
  }
};

TEST_CASE_METHOD(Fixture, "memory remembers a tree", "[conversation]") {
  const auto root = say("", {"q1", "a1"});
  const auto left = say(root, {"q2", "a2"});
  const auto right = say(root, {"q3", "a3"});
  CHECK(chain(say(left, {"q4", "a4"})) == "a4 q4 a2 q2 a1 q1");
  CHECK(chain(right) == "a3 q3 a1 q1");
  const auto conversation = find(root)->conversation_id;
  CHECK(contents_of(find("", kAnn, conversation)->messages) == "a4 q4 a2 q2 a1 q1");
  CHECK(memory.for_books(nullptr) == nullptr);
}

TEST_CASE_METHOD(Fixture, "a new conversation needs no memory and has an id of its own",
                 "[conversation]") {
  const auto one = find("");
  const auto other = find("");
  CHECK(one->conversation_id.size() == 36);
  CHECK(one->conversation_id != other->conversation_id);
  CHECK(one->messages.empty());
  CHECK(memory.turns() == 0);
}

TEST_CASE_METHOD(Fixture, "memory tells nobody of others' messages", "[conversation]") {
  const auto own = say("", {"q", "a"});
  const auto over = say("", {"q", "a"}, 10);
  const auto conversation = find(own)->conversation_id;
  clock.advance_ms(10);
  for (const auto& refused :
       {find(own, kBob), find("", kBob, conversation), find(over), find("unknown"),
        find(own, kAnn, "another"), find("", kAnn, "unknown")}) {
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::kNotFound);
    CHECK(refused.error().message == kNoSuchMessage);
  }
}

TEST_CASE_METHOD(Fixture, "memory forgets what is over, and a chain ends there", "[conversation]") {
  const auto root = say("", {"q1", "a1"}, 100);
  clock.advance_ms(50);
  const auto next = say(root, {"q2", "a2"}, 100);
  CHECK(chain(next) == "a2 q2 a1 q1");
  clock.advance_ms(50);
  CHECK(chain(next) == "a2 q2");
  CHECK(memory.turns() == 2);
  memory.forget_expired();
  CHECK(memory.turns() == 1);
  clock.advance_ms(50);
  memory.forget_expired();
  CHECK(memory.turns() == 0);
  CHECK(memory.bytes() == 0);
}

TEST_CASE_METHOD(Fixture, "an account that fills its share loses its own oldest turns",
                 "[conversation]") {
  const auto of_bob = say("", {"q", "a"}, 0, kBob);
  const auto first = say("", {"q", "a"});
  std::string last;
  for (int i = 0; i < 100; ++i) last = say(last, {std::string(5'000, 'q'), "a"});
  CHECK(find(of_bob, kBob).has_value());
  CHECK_FALSE(find(first).has_value());
  CHECK(find(last).has_value());
  CHECK(memory.bytes() <= (size_t{1} << 18) + 3'000);
  // One that is larger than the whole share is not kept at all.
  CHECK_FALSE(find(say("", {std::string(300'000, 'q'), "a"})).has_value());
}

TEST_CASE_METHOD(Fixture, "all accounts together stay within the bound", "[conversation]") {
  std::vector<std::string> ids;
  for (int64_t user = 1; user <= 50; ++user) {
    ids.push_back(say("", {std::string(100'000, 'q'), "a"}, 0, {user}));
    REQUIRE(memory.bytes() <= (size_t{1} << 20));
  }
  CHECK_FALSE(find(ids.front(), {1}).has_value());
  CHECK(find(ids.back(), {50}).has_value());
}

TEST_CASE_METHOD(Fixture, "no more of a chain is read than asked for", "[conversation]") {
  std::string last;
  for (int i = 0; i < 20; ++i) last = say(last, {"12345", "1234567890"});
  CHECK(memory.find_history({kAnn, "", last, 5, 1'000})->messages.size() == 5);
  CHECK(memory.find_history({kAnn, "", last, 100, 24})->messages.size() == 2);
  CHECK(memory.find_history({kAnn, "", last, 100, 9})->messages.empty());
}

TEST_CASE_METHOD(Fixture, "threads talk at once without mixing their branches", "[conversation]") {
  const auto root = say("", {"q", "a"});
  std::atomic<int> mixed{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, mark = std::to_string(thread)] {
      std::string parent = root;
      for (int i = 0; i < 20; ++i) {
        const auto history = memory.find_history({kAnn, "", parent});
        if (!history) {
          ++mixed;
          return;
        }
        for (size_t k = 0; k + 2 < history->messages.size(); ++k) {
          if (history->messages[k].content != mark) ++mixed;
        }
        const auto turn = begin_turn(kAnn, *history, mark, "", clock.now(), 0);
        finish_turn(*turn, mark, "gpt", clock.now());
        memory.remember(turn);
        parent = answer_of(*turn).id;
        memory.forget_expired();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(mixed == 0);
  CHECK(memory.turns() == 81);
}

}  // namespace
}  // namespace chatgate
