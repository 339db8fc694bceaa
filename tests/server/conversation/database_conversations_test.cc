#include "server/conversation/database_conversations.h"

#include <catch2/catch_all.hpp>
#include <chrono>
#include <thread>

#include "server/books/book_writer.h"
#include "server/books/store_reader.h"
#include "server/conversation/conversation_sweeper.h"
#include "server/transport/coroutine.h"
#include "tests/contract/databases.h"
#include "tests/support/faulty_store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/turns.h"

namespace chatgate {
namespace {

// The gateway's own parts: a writer, a reader, and conversations on them.
struct Fixture {
  TempStore store;
  User ann = add_user(*store, "ann", int64_t{1} << 40);
  ApiToken token = add_token(*store, ann);
  Price price = add_simple_price(*store);
  Ledger ledger;
  Directory directory{system_clock()};
  ManualClock clock{kNoonMs};
  BookWriter writer{store.open(), ledger, directory};
  StoreReader reader{store.open()};
  DatabaseConversations conversations{reader, clock};

  Fixture() { must(writer.start()); }

  void in_coroutine(const std::function<void()>& work) {
    EventLoop loop;
    loop.post([&] {
      Coroutine::spawn(loop, [&] {
        work();
        loop.stop();
      });
    });
    loop.run();
  }
  // Within a coroutine: asks, settles as the pipeline does, and returns the answer's id.
  std::string say(const std::string& parent, int64_t serial, const TurnText& text) {
    const auto history = must(conversations.find_history({ann.id, "", parent}));
    const auto turn = begin_turn(ann.id, history, text.question, "", clock.now(), 60'000);
    finish_turn(*turn, text.answer, "gpt", clock.now());
    const RequestId id = request_id(kNoonMs, serial);
    auto sale = settlement(id, token, price, 1, 1);
    sale.hold = must(ledger.reserve(id, ann.id, sale.usage->cost));
    sale.usage->cost = ledger.fix_charge(sale.hold, sale.usage->cost).charged;
    sale.turn = conversations.for_books(turn);
    must(writer.settle(std::move(sale)));
    conversations.remember(turn);
    return answer_of(*turn).id;
  }
};

// The answer's end is sent when its settlement is durable, and the next question may follow at
// once, on a connection that was opened long before.
TEST_CASE_METHOD(Fixture, "the next question always finds the answer before it", "[conversation]") {
  in_coroutine([&] {
    std::string parent;
    for (int64_t i = 1; i <= 100; ++i) {
      parent = say(parent, i, {"q" + std::to_string(i), "a"});
      const auto history = must(conversations.find_history({ann.id, "", parent}));
      REQUIRE(history.messages.size() == static_cast<size_t>(2 * i));
      REQUIRE(history.parent_id == parent);
      REQUIRE(history.messages[1].content == "q" + std::to_string(i));
    }
  });
  CHECK(faults_of(*store).empty());
}

TEST_CASE_METHOD(Fixture, "time to live ends a conversation in the database", "[conversation]") {
  in_coroutine([&] {
    const auto id = say("", 1, {"q", "a"});
    const auto conversation = must(conversations.find_history({ann.id, "", id})).conversation_id;
    CHECK(must(conversations.find_history({ann.id, conversation, ""})).parent_id == id);
    clock.advance_ms(60'000);
    CHECK(conversations.find_history({ann.id, "", id}).error().code == ErrorCode::kNotFound);
    CHECK(conversations.find_history({ann.id, conversation, ""}).error().message == kNoSuchMessage);
  });
}

TEST_CASE("an answer's time to live begins when it is whole, and its question stays with it",
          "[conversation]") {
  const History history{"c-1", "parent", {}};
  const auto turn = begin_turn({1}, history, "q", "bo", {1'000}, 500);
  CHECK(question_of(*turn).name == "bo");
  CHECK(question_of(*turn).parent_id == "parent");
  CHECK(answer_of(*turn).parent_id == question_of(*turn).id);
  CHECK(answer_of(*turn).id != question_of(*turn).id);
  finish_turn(*turn, "a", "gpt", {1'300});
  CHECK(answer_of(*turn).expires_at == Timestamp{1'800});
  CHECK(question_of(*turn).expires_at == Timestamp{1'800});
  CHECK(question_of(*turn).created_at == Timestamp{1'000});
  const auto lasting = begin_turn({1}, history, "q", "", {1'000}, 0);
  finish_turn(*lasting, "a", "gpt", {1'300});
  CHECK_FALSE(answer_of(*lasting).expires_at.has_value());
}

TEST_CASE_METHOD(Fixture, "the sweeper purges what is over, round by round", "[conversation]") {
  BookBatch batch;
  for (int64_t i = 1; i <= 1'200; ++i) {
    auto sale = settlement(request_id(kNoonMs, i), token, price, 1, 1);
    sale.turn =
        make_turn(ann.id, generate_uuid(), "", {"q", "a"}, {kNoonMs}, Timestamp{kNoonMs + i % 2});
    batch.settled.push_back(std::move(sale));
  }
  must(store->commit(batch));
  const auto await_messages = [&](int64_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (must(store->count_messages({})).messages != count) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      std::this_thread::yield();
    }
  };
  ConversationSweeper sweeper(store.open(), conversations, clock, 5);
  await_messages(1'200);
  clock.advance_ms(1);
  await_messages(0);
  CHECK(faults_of(*store).empty());
}

TEST_CASE_METHOD(Fixture, "a sweeper ends at once, whatever its interval", "[conversation]") {
  const auto begun = std::chrono::steady_clock::now();
  { const ConversationSweeper sweeper(store.open(), conversations, clock, 3'600'000); }
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(30));
}

}  // namespace
}  // namespace chatgate
