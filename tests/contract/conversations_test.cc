// Turns are committed with the charge of their request, and read back by their user alone.

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "tests/contract/databases.h"
#include "tests/support/turns.h"

namespace chatgate {
namespace {

constexpr int64_t kMinuteMs = 60'000;

// A store with an account that talks.
template <class Database>
struct Scene {
  Database database;
  std::unique_ptr<Store> store = database.open();
  User ann = add_user(*store, "ann", int64_t{1} << 40);
  ApiToken token = add_token(*store, ann);
  Price price = add_simple_price(*store);
  int64_t requests = 0;

  Settlement sale(std::shared_ptr<const Turn> turn) {
    Settlement sale = settlement(request_id(kNoonMs, ++requests), token, price, 1, 1);
    if (turn) {
      sale.hold.user_id = turn->user_id;
      sale.usage->user_id = turn->user_id;
    }
    sale.turn = std::move(turn);
    return sale;
  }
  // Says it and returns the answer's id.
  std::string say(const std::string& conversation_id, const std::string& parent_id, TurnText text,
                  std::optional<Timestamp> until = {}, std::optional<UserId> user = {}) {
    auto turn = make_turn(user.value_or(ann.id), conversation_id, parent_id, std::move(text),
                          {kNoonMs + requests}, until);
    must(store->commit({{}, {sale(turn)}}));
    return last_id(*turn);
  }
  Result<MessageChain> find(const std::string& conversation_id, const std::string& message_id,
                            Timestamp now = {kNoonMs}, std::optional<UserId> user = {}) {
    return store->find_chain({user.value_or(ann.id), conversation_id, message_id, now});
  }
  std::string chain(const std::string& message_id, Timestamp now = {kNoonMs}) {
    return contents_of(must(find("", message_id, now)).messages);
  }
  int64_t messages() { return must(store->count_messages({})).messages; }
  std::vector<ConversationSummary> list(std::optional<UserId> user = {}) {
    ConversationCursor cursor;
    return must(store->next_conversations(user, {kNoonMs}, cursor, 1'000));
  }
};

TEMPLATE_LIST_TEST_CASE("a turn is there as soon as its charge is, for every connection",
                        "[contract]", Databases) {
  Scene<TestType> scene;
  const auto other = scene.database.open();
  const std::string first = scene.say("c-1", "", {"q1", "a1"});
  const std::string second = scene.say("c-1", first, {"q2", "a2"});
  const MessageChain chain = must(other->find_chain({scene.ann.id, "c-1", second, {kNoonMs}}));
  CHECK(contents_of(chain.messages) == "a2 q2 a1 q1");
  CHECK(chain.message_id == second);
  REQUIRE(chain.messages.size() == 4);
  const Message& answer = chain.messages[0];
  CHECK(answer.role == Role::kAssistant);
  CHECK(answer.model == "gpt");
  CHECK(answer.parent_id == chain.messages[1].id);
  CHECK(answer.conversation_id == "c-1");
  CHECK_FALSE(answer.expires_at.has_value());
  CHECK(chain.messages[3].parent_id.empty());
  CHECK(faults_of(*other).empty());
}

TEMPLATE_LIST_TEST_CASE("a conversation branches from any message", "[contract]", Databases) {
  Scene<TestType> scene;
  const std::string root = scene.say("c-1", "", {"q1", "a1"});
  const std::string left = scene.say("c-1", root, {"q2", "a2"});
  const std::string right = scene.say("c-1", root, {"q3", "a3"});
  const std::string leaf = scene.say("c-1", left, {"q4", "a4"});
  CHECK(scene.chain(leaf) == "a4 q4 a2 q2 a1 q1");
  CHECK(scene.chain(right) == "a3 q3 a1 q1");
  CHECK(scene.chain(root) == "a1 q1");
  // A question may be continued as well as an answer, and the latest one by the conversation alone.
  const std::string question = must(scene.find("", right)).messages[1].id;
  CHECK(scene.chain(question) == "q3 a1 q1");
  CHECK(must(scene.find("c-1", "")).message_id == leaf);
}

TEMPLATE_LIST_TEST_CASE("a batch that is tried again keeps its turns once", "[contract]",
                        Databases) {
  Scene<TestType> scene;
  const auto turn = make_turn(scene.ann.id, "c-1", "", {"q", "a"}, {kNoonMs});
  const BookBatch batch{{}, {scene.sale(nullptr), scene.sale(turn), scene.sale(nullptr)}};
  must(scene.store->commit(batch));
  must(scene.store->commit(batch));
  CHECK(scene.messages() == 2);
  // Nor does it bring back what was purged in between.
  must(scene.store->purge_messages({}, {}));
  must(scene.store->commit(batch));
  CHECK(scene.messages() == 0);
}

TEMPLATE_LIST_TEST_CASE("what is not charged is not kept", "[contract]", Databases) {
  Scene<TestType> scene;
  const auto turn = make_turn(scene.ann.id, "c-1", "", {"q", "a"}, {kNoonMs});
  Settlement refused = scene.sale(turn);
  refused.usage->price_id = {99};
  CHECK_FALSE(scene.store->commit({{}, {scene.sale(nullptr), refused}}).has_value());
  Settlement released = scene.sale(turn);
  released.usage.reset();
  must(scene.store->commit({{}, {released}}));
  CHECK(scene.messages() == 0);
  CHECK(must(scene.store->find_user(scene.ann.id)).balance == scene.ann.balance);
}

TEMPLATE_LIST_TEST_CASE("nobody learns of others' conversations, or of what is over", "[contract]",
                        Databases) {
  Scene<TestType> scene;
  const User bob = add_user(*scene.store, "bob", 1'000);
  const std::string own = scene.say("c-1", "", {"q", "a"});
  const std::string over = scene.say("c-2", "", {"q", "a"}, Timestamp{kNoonMs});
  const auto refusal = [](const Result<MessageChain>& found) {
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().code == ErrorCode::kNotFound);
    return found.error().message;
  };
  const std::string unknown = refusal(scene.find("", generate_uuid(), {kNoonMs}, bob.id));
  CHECK(refusal(scene.find("", own, {kNoonMs}, bob.id)) == unknown);
  CHECK(refusal(scene.find("c-1", own, {kNoonMs}, bob.id)) == unknown);
  CHECK(refusal(scene.find("c-1", "", {kNoonMs}, bob.id)) == unknown);
  CHECK(refusal(scene.find("c-2", own)) == unknown);
  CHECK(refusal(scene.find("", over)) == unknown);
  CHECK(refusal(scene.find("c-2", "")) == unknown);
  CHECK(refusal(scene.find("c-3", "")) == unknown);
  CHECK(refusal(scene.find("", "")) == unknown);

  // A turn for another's conversation is charged, but changes nothing there.
  const auto intruding = make_turn(bob.id, "c-1", own, {"let me in", "no"}, {kNoonMs});
  must(scene.store->commit({{}, {scene.sale(intruding)}}));
  CHECK(scene.list().size() == 1);
  CHECK(scene.list()[0].messages == 2);
  CHECK(must(scene.store->find_user(bob.id)).balance < bob.balance);
}

TEMPLATE_LIST_TEST_CASE("a chain ends at the first message that is over", "[contract]", Databases) {
  Scene<TestType> scene;
  const std::string first = scene.say("c-1", "", {"q1", "a1"}, Timestamp{kNoonMs + 30});
  const std::string second = scene.say("c-1", first, {"q2", "a2"}, Timestamp{kNoonMs + 10});
  const std::string third = scene.say("c-1", second, {"q3", "a3"}, Timestamp{kNoonMs + 20});
  CHECK(scene.chain(third, {kNoonMs + 9}) == "a3 q3 a2 q2 a1 q1");
  CHECK(scene.chain(third, {kNoonMs + 10}) == "a3 q3");
  CHECK_FALSE(scene.find("", third, {kNoonMs + 20}).has_value());
  CHECK(scene.chain(first, {kNoonMs + 29}) == "a1 q1");
  CHECK(must(scene.find("c-1", "", {kNoonMs + 25})).message_id == first);
  CHECK_FALSE(scene.find("c-1", "", {kNoonMs + 30}).has_value());
}

TEMPLATE_LIST_TEST_CASE("of a long chain the newest messages are read, as far as asked",
                        "[contract]", Databases) {
  Scene<TestType> scene;
  std::string parent;
  BookBatch batch;
  for (int i = 0; i < 3'000; ++i) {
    const auto turn = make_turn(scene.ann.id, "c-1", parent, {"12345", "1234567890"}, {kNoonMs});
    parent = last_id(*turn);
    batch.settled.push_back(scene.sale(turn));
  }
  must(scene.store->commit(batch));
  ChainQuery query{scene.ann.id, "", parent, {kNoonMs}, 10'000};
  CHECK(must(scene.store->find_chain(query)).messages.size() == 6'000);
  query.messages_max = 101;
  CHECK(must(scene.store->find_chain(query)).messages.size() == 101);
  query.bytes_max = 24;
  CHECK(contents_of(must(scene.store->find_chain(query)).messages) == "1234567890 12345");
  query.bytes_max = 9;
  CHECK(must(scene.store->find_chain(query)).messages.empty());
  CHECK(must(scene.store->find_chain(query)).message_id == parent);
}

TEMPLATE_LIST_TEST_CASE("what was said comes back byte for byte", "[contract]", Databases) {
  Scene<TestType> scene;
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "\0nul\0"s, "\xff\xfe not UTF-8"s, "привет 你好 🙂"s,
        "'; DROP TABLE messages; --"s, std::string(300'000, 'x')}) {
    const std::string id = scene.say(generate_uuid(), "", {text, text});
    const MessageChain chain = must(scene.find("", id));
    REQUIRE(chain.messages.size() == 2);
    CHECK((chain.messages[0].content == text && chain.messages[1].content == text));
    CHECK(must(scene.store->find_conversation(chain.conversation_id, {kNoonMs})).bytes ==
          static_cast<int64_t>(2 * text.size()));
  }
}

TEMPLATE_LIST_TEST_CASE("conversations are listed page by page, by user and by id", "[contract]",
                        Databases) {
  Scene<TestType> scene;
  const User bob = add_user(*scene.store, "bob", 1'000);
  scene.say("abc-1", "", {"q", "answer"}, Timestamp{kNoonMs + 5 * kMinuteMs});
  scene.say("abd-2", "", {"q", "a"}, {}, bob.id);
  scene.say("gone-3", "", {"q", "a"}, Timestamp{kNoonMs - 1});
  const std::string later = scene.say("abc-4", "", {"q", "a"});
  scene.say("abc-4", later, {"q", "a"}, Timestamp{kNoonMs + 1});

  ConversationCursor cursor;
  std::vector<std::string> ids;
  while (!cursor.is_at_end) {
    for (const auto& each : must(scene.store->next_conversations({}, {kNoonMs}, cursor, 1))) {
      ids.push_back(each.id);
    }
  }
  CHECK(ids == std::vector<std::string>{"abc-1", "abd-2", "abc-4"});
  const auto of_bob = scene.list(bob.id);
  REQUIRE(of_bob.size() == 1);
  CHECK(of_bob[0].user == "bob");
  const auto of_ann = scene.list(scene.ann.id);
  REQUIRE(of_ann.size() == 2);
  CHECK(of_ann[0].bytes == 7);
  CHECK(of_ann[0].expires_at == Timestamp{kNoonMs + 5 * kMinuteMs});
  CHECK(of_ann[1].messages == 4);
  CHECK_FALSE(of_ann[1].expires_at.has_value());
  CHECK(of_ann[1].created_at < of_ann[1].used_at);

  const auto found = [&](const std::string& id) {
    return scene.store->find_conversation(id, {kNoonMs});
  };
  CHECK(must(found("abd")).id == "abd-2");
  CHECK(must(found("abc-4")).id == "abc-4");
  CHECK(found("abc").error().code == ErrorCode::kInvalidArgument);
  CHECK(found("gone-3").error().code == ErrorCode::kNotFound);
  CHECK(found("").error().code == ErrorCode::kNotFound);
  CHECK(found("%").error().code == ErrorCode::kNotFound);
}

TEMPLATE_LIST_TEST_CASE("messages are read page by page, each after its parent", "[contract]",
                        Databases) {
  Scene<TestType> scene;
  const std::string root = scene.say("c-1", "", {"q1", "a1"});
  scene.say("c-2", "", {"other", "talk"});
  const std::string left = scene.say("c-1", root, {"q2", "a2"});
  scene.say("c-1", root, {"q3", "a3"}, Timestamp{kNoonMs});
  scene.say("c-1", left, {"q4", "a4"});
  ConversationCursor cursor;
  std::vector<Message> all;
  while (!cursor.is_at_end) {
    const auto page = must(scene.store->next_messages("c-1", {kNoonMs}, cursor, 3));
    all.insert(all.end(), page.begin(), page.end());
  }
  CHECK(contents_of(all) == "q1 a1 q2 a2 q4 a4");
  ConversationCursor none;
  CHECK(must(scene.store->next_messages("c-9", {kNoonMs}, none, 3)).empty());
  CHECK(none.is_at_end);
}

TEMPLATE_LIST_TEST_CASE("messages are purged by account, conversation, age and time to live",
                        "[contract]", Databases) {
  Scene<TestType> scene;
  const User bob = add_user(*scene.store, "bob", 1'000);
  const auto old = make_turn(scene.ann.id, "c-1", "", {"old", "old"}, {kNoonMs - 9 * kMinuteMs});
  must(scene.store->commit({{}, {scene.sale(old)}}));
  const std::string young = scene.say("c-1", last_id(*old), {"young", "young"});
  scene.say("c-2", "", {"q", "a"}, Timestamp{kNoonMs + kMinuteMs});
  scene.say("c-3", "", {"q", "a"}, {}, bob.id);
  scene.say("c-4", "", {"q", "a"});

  const auto purge = [&](const MessageFilter& filter) {
    const MessageCounts counted = must(scene.store->count_messages(filter));
    const MessageCounts purged = must(scene.store->purge_messages(filter, {}));
    CHECK(purged.messages == counted.messages);
    CHECK(must(scene.store->count_messages(filter)).messages == 0);
    CHECK(faults_of(*scene.store).empty());
    return std::pair(purged.messages, purged.conversations);
  };
  using Purged = std::pair<int64_t, int64_t>;
  // The rest of a conversation stays; its chain ends where the purge went.
  CHECK(purge({.created_before = Timestamp{kNoonMs - kMinuteMs}}) == Purged{2, 0});
  CHECK(scene.chain(young) == "young young");
  CHECK(purge({.user_id = bob.id, .created_before = Timestamp{kNoonMs}}) == Purged{0, 0});
  CHECK(purge({.expired_by = Timestamp{kNoonMs}}) == Purged{0, 0});
  CHECK(purge({.user_id = bob.id, .expired_by = Timestamp{kNoonMs + kMinuteMs}}) == Purged{0, 0});
  CHECK(purge({.expired_by = Timestamp{kNoonMs + kMinuteMs}}) == Purged{2, 1});
  CHECK(purge({.user_id = bob.id, .conversation_id = "c-4"}) == Purged{0, 0});
  CHECK(purge({.conversation_id = "c-4"}) == Purged{2, 1});
  CHECK(purge({.user_id = bob.id}) == Purged{2, 1});
  CHECK(purge({}) == Purged{2, 1});
  CHECK(scene.list().empty());
}

TEMPLATE_LIST_TEST_CASE("what is over is purged oldest first, some at a time", "[contract]",
                        Databases) {
  Scene<TestType> scene;
  for (int64_t i = 0; i < 10; ++i) {
    scene.say("c-" + std::to_string(i), "", {"q", "a"}, Timestamp{kNoonMs + 10 - i});
  }
  scene.say("stays", "", {"q", "a"});
  const Timestamp now{kNoonMs + 5};  // five of the ten are over
  CHECK(must(scene.store->purge_expired(now, 4)).messages == 4);
  CHECK(scene.messages() == 18);
  CHECK_FALSE(scene.find("c-9", "", {0}).has_value());
  CHECK(scene.find("c-5", "", {0}).has_value());
  CHECK(must(scene.store->purge_expired(now, 4)).messages == 4);
  CHECK(must(scene.store->purge_expired(now, 4)).messages == 2);
  CHECK(must(scene.store->purge_expired(now, 4)).messages == 0);
  CHECK(scene.messages() == 12);
  CHECK(faults_of(*scene.store).empty());
}

TEMPLATE_LIST_TEST_CASE("a purge goes on where its report stopped it", "[contract]", Databases) {
  Scene<TestType> scene;
  BookBatch batch;
  for (int i = 0; i < 700; ++i) {
    batch.settled.push_back(
        scene.sale(make_turn(scene.ann.id, generate_uuid(), "", {"q", "a"}, {kNoonMs})));
  }
  must(scene.store->commit(batch));
  int asked = 0;
  const auto stopped =
      must(scene.store->purge_messages({}, [&](int64_t, int64_t) { return ++asked <= 1; }));
  CHECK(stopped.stopped);
  CHECK((stopped.messages > 0 && stopped.messages < 1'400));
  const auto rest = must(scene.store->purge_messages({}, {}));
  CHECK_FALSE(rest.stopped);
  CHECK(stopped.messages + rest.messages == 1'400);
  CHECK(stopped.conversations + rest.conversations == 700);
}

TEMPLATE_LIST_TEST_CASE("an archived account's conversations go, and none comes after",
                        "[contract]", Databases) {
  Scene<TestType> scene;
  const User bob = add_user(*scene.store, "bob", 1'000);
  const std::string last = scene.say("c-1", "", {"q", "a"});
  scene.say("c-2", "", {"q", "a"}, {}, bob.id);
  must(scene.store->archive_user(scene.ann.id, {kNoonMs}));
  CHECK(scene.list().size() == 1);
  // Its last request was under way when that happened.
  const Money before = must(scene.store->find_user(scene.ann.id)).balance;
  scene.say("c-1", last, {"q", "a"});
  CHECK(must(scene.store->find_user(scene.ann.id)).balance < before);
  CHECK(scene.messages() == 2);
  must(scene.store->unarchive_user(scene.ann.id));
  scene.say("c-3", "", {"q", "a"});
  CHECK(scene.list(scene.ann.id).size() == 1);
  CHECK(faults_of(*scene.store).empty());
}

// Random trees of three accounts against a model that keeps every message in a map.
TEMPLATE_LIST_TEST_CASE("chains are those of a simple model, whatever happens", "[contract]",
                        Databases) {
  Scene<TestType> scene;
  std::mt19937_64 random(GENERATE(1, 2, 3));
  const auto below = [&](size_t bound) { return static_cast<size_t>(random() % bound); };
  const std::vector<UserId> users{scene.ann.id, add_user(*scene.store, "bob", 1 << 20).id,
                                  add_user(*scene.store, "eve", 1 << 20).id};
  struct Known {
    UserId user;
    Message message;
  };
  std::map<std::string, Known> model;
  std::vector<std::string> ids{generate_uuid()};  // also of what is gone
  Timestamp now{kNoonMs};
  for (int step = 0; step < 400; ++step) {
    now.unix_ms += static_cast<int64_t>(below(20));
    const UserId user = users[below(users.size())];
    const std::string& parent = ids[below(ids.size())];
    const auto known = model.find(parent);
    const bool is_own = known != model.end() && known->second.user == user &&
                        !known->second.message.is_expired(now);
    const auto found = scene.find("", parent, now, user);
    REQUIRE(found.has_value() == is_own);
    if (is_own) {
      std::vector<std::string> expected;
      for (auto at = known; at != model.end() && !at->second.message.is_expired(now);
           at = model.find(at->second.message.parent_id)) {
        expected.push_back(at->second.message.content);
      }
      std::vector<std::string> chain;
      for (const Message& each : found->messages) chain.push_back(each.content);
      REQUIRE(chain == expected);
    }
    if (below(10) == 0) {
      must(scene.store->purge_expired(now, 7));
    } else if (below(40) == 0 && is_own) {
      const std::string conversation = known->second.message.conversation_id;
      must(scene.store->purge_messages({.conversation_id = conversation}, {}));
      std::erase_if(model, [&](const auto& each) {
        return each.second.message.conversation_id == conversation;
      });
    } else {
      const std::optional<Timestamp> until =
          below(4) == 0 ? std::nullopt
                        : std::optional(Timestamp{now.unix_ms + 1 + int64_t(below(2'000))});
      const std::string number = std::to_string(step);
      const auto turn =
          make_turn(user, is_own && below(5) > 0 ? found->conversation_id : generate_uuid(),
                    is_own ? parent : "", {"q" + number, "a" + number}, now, until);
      const bool continues = is_own && turn->conversation_id == found->conversation_id;
      if (!continues) turn->messages.front().parent_id.clear();
      must(scene.store->commit({{}, {scene.sale(turn)}}));
      for (const Message& message : turn->messages) {
        model.emplace(message.id, Known{user, message});
        ids.push_back(message.id);
      }
    }
  }
  CHECK(faults_of(*scene.store).empty());
  must(scene.store->purge_expired(now, 10'000));
  std::erase_if(model, [&](const auto& each) { return each.second.message.is_expired(now); });
  CHECK(scene.messages() == static_cast<int64_t>(model.size()));
}

TEMPLATE_LIST_TEST_CASE("two questions at once give two branches, never a mixed one", "[contract]",
                        Databases) {
  Scene<TestType> scene;
  const std::string root = scene.say("c-1", "", {"q", "a"});
  constexpr int kThreads = 4;
  constexpr int kTurns = 30;
  std::vector<std::string> leaves(kThreads);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const auto store = scene.database.open();
      std::string parent = root;
      const std::string mark = std::to_string(thread);
      for (int i = 0; i < kTurns; ++i) {
        must(store->find_chain({scene.ann.id, "c-1", parent, {kNoonMs}}));
        const auto turn = make_turn(scene.ann.id, "c-1", parent, {mark, mark}, {kNoonMs});
        Settlement sale =
            settlement(request_id(kNoonMs + 1 + thread, i), scene.token, scene.price, 1, 1);
        sale.turn = turn;
        must(store->commit({{}, {sale}}));
        parent = last_id(*turn);
      }
      leaves[static_cast<size_t>(thread)] = parent;
    });
  }
  for (auto& thread : threads) thread.join();
  for (int thread = 0; thread < kThreads; ++thread) {
    const auto chain = must(scene.find("c-1", leaves[static_cast<size_t>(thread)])).messages;
    REQUIRE(chain.size() == 2 * kTurns + 2);
    CHECK(std::all_of(chain.begin(), chain.end() - 2, [&](const Message& message) {
      return message.content == std::to_string(thread);
    }));
  }
  CHECK(scene.list()[0].messages == 2 * kTurns * kThreads + 2);
}

TEMPLATE_LIST_TEST_CASE("a purge runs beside commits and takes nothing that lives", "[contract]",
                        Databases) {
  Scene<TestType> scene;
  BookBatch batch;
  for (int i = 0; i < 3'000; ++i) {
    batch.settled.push_back(scene.sale(
        make_turn(scene.ann.id, generate_uuid(), "", {"q", "a"}, {kNoonMs}, Timestamp{kNoonMs})));
  }
  must(scene.store->commit(batch));
  std::vector<std::string> kept;
  std::thread purging([&] {
    const auto store = scene.database.open();
    while (must(store->purge_expired({kNoonMs}, 200)).messages > 0) {
    }
  });
  for (int i = 0; i < 100; ++i) kept.push_back(scene.say(generate_uuid(), "", {"stays", "stays"}));
  purging.join();
  for (const std::string& id : kept) REQUIRE(scene.chain(id) == "stays stays");
  CHECK(scene.messages() == 200);
  CHECK(faults_of(*scene.store).empty());
}

}  // namespace
}  // namespace chatgate
