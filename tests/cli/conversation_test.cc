#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "cli/conversation/message_tree.h"
#include "cli/output.h"
#include "common/store/open_store.h"
#include "tests/cli/book_request.h"
#include "tests/cli/shell.h"
#include "tests/support/turns.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

constexpr int64_t kHourMs = 3'600'000;

// A shell over a database in which people have talked.
struct Talk {
  Shell shell;
  int64_t requests = 0;

  Talk() {
    REQUIRE(shell.run({"user", "add", "alice", "--balance", "100"}) == 0);
    REQUIRE(shell.run({"user", "add", "bob", "--unmetered"}) == 0);
  }
  std::string say(const std::string& user, const std::string& conversation,
                  const std::string& parent, TurnText text, int64_t age_ms = 0,
                  std::optional<int64_t> ttl_ms = {}) {
    auto store = open_store("chatgate.db", OpenMode::kExisting).value();
    const auto account = store->find_user(user).value();
    const Timestamp at{shell.clock.now().unix_ms - age_ms};
    std::optional<Timestamp> until;
    if (ttl_ms) until = Timestamp{at.unix_ms + *ttl_ms};
    UsageRecord record;
    record.id = {(at.unix_ms << kRequestIdTimeShift) + ++requests};
    record.user_id = account.id;
    const auto turn = make_turn(account.id, conversation, parent, std::move(text), at, until);
    REQUIRE(store->commit({{}, {{{record.id, account.id, {}}, record, turn}}}));
    return last_id(*turn);
  }
  json list(std::vector<std::string> line = {"conversation", "list"}) {
    line.insert(line.end(), {"--format", "json"});
    REQUIRE(shell.run(line) == 0);
    return json::parse(shell.out);
  }
};

}  // namespace

TEST_CASE("conversations are listed without what was said") {
  Talk talk;
  talk.say("alice", "c-alice", "", {"hello", "hi"}, 2 * kHourMs);
  talk.say("bob", "c-bob", "", {"привет", "x"}, 0, kHourMs);
  talk.say("bob", "c-over", "", {"q", "a"}, 2 * kHourMs, kHourMs);
  const json list = talk.list();
  REQUIRE(list.size() == 2);
  CHECK(list[0]["id"] == "c-alice");
  CHECK(list[0]["user"] == "alice");
  CHECK(list[0]["messages"] == 2);
  CHECK(list[0]["bytes"] == 7);
  CHECK(list[0]["used_at"] == "2026-11-20T08:00:00.000Z");
  CHECK(list[0]["expires_at"].is_null());
  CHECK(list[1]["expires_at"] == "2026-11-20T11:00:00.000Z");
  CHECK(talk.list({"conversation", "list", "bob"}).size() == 1);
  REQUIRE(talk.shell.run({"conversation", "list"}) == 0);
  CHECK_THAT(talk.shell.out, !ContainsSubstring("hello"));
}

TEST_CASE("unknown conversations and accounts exit with 3, unclear ones with 2") {
  Talk talk;
  talk.say("alice", "abc-1", "", {"q", "a"});
  talk.say("alice", "abc-2", "", {"q", "a"});
  CHECK(talk.shell.run({"conversation", "list", "alic"}) == 3);
  CHECK_THAT(talk.shell.err, ContainsSubstring("alice"));
  for (const std::string verb : {"show", "export", "purge"}) {
    CHECK(talk.shell.run({"conversation", verb, "nothing"}) == 3);
    CHECK(talk.shell.run({"conversation", verb, "abc"}) == 2);
    CHECK_THAT(talk.shell.err, ContainsSubstring("several"));
  }
  CHECK(talk.shell.run({"conversation", "show"}) == 2);
  CHECK(talk.shell.run({"conversation", "export"}) == 2);
  CHECK(talk.shell.run({"conversation", "export", "abc-1", "--all"}) == 2);
  CHECK(talk.shell.run({"conversation", "purge", "--yes"}) == 2);
  CHECK(talk.shell.run({"conversation", "purge", "--all", "--user", "bob", "--yes"}) == 2);
  CHECK(talk.shell.run({"conversation", "purge", "--older-than", "soon", "--yes"}) == 2);
  CHECK(talk.list().size() == 2);
}

TEST_CASE("a conversation is shown branch by branch") {
  Talk talk;
  const auto root = talk.say("alice", "c-1", "", {"question one", "answer one"});
  const auto left = talk.say("alice", "c-1", root, {"left?", "left."});
  talk.say("alice", "c-1", root, {"right?", "right."});
  talk.say("alice", "c-1", left, {"more?", "more."});
  REQUIRE(talk.shell.run({"conversation", "show", "c-1"}) == 0);
  const std::string& out = talk.shell.out;
  CHECK_THAT(out, ContainsSubstring("of alice, 8 messages, 2 branches"));
  CHECK_THAT(out, ContainsSubstring("[2] assistant gpt, 2026-11-20 10:00Z\n    " + root +
                                    "\n  | answer one\n"));
  // The left branch to its end, then the right one, and from where it goes off.
  const std::vector<std::string> parts{"| question one", "| left?",
                                       "| left.",        "| more?",
                                       "| more.",        "--- another branch after [2] ---",
                                       "| right?"};
  size_t at = 0;
  for (const auto& part : parts) {
    INFO(part);
    at = out.find(part, at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("nothing that was said can pass for something else at the terminal") {
  Talk talk;
  talk.say(
      "alice", "c-1", "",
      {"\x1b[2J\x1b]0;title\x07 and \xe2\x80\xae txt \xc2\x9b\x9b\n[9] system, now\r\n",
       std::string(300, 'w') + "\tand tabs, " + "много слов в одной строке " +
           std::string(20, '.') + " 长长长长长长长长长长长长长长长长长长长长长长长长长长长长长"});
  REQUIRE(talk.shell.run({"conversation", "show", "c-1"}) == 0);
  const std::string& out = talk.shell.out;
  CHECK_THAT(out, ContainsSubstring("| \\x1b[2J\\x1b]0;title\\x07 and \\u202e txt \\u009b\\x9b\n"));
  CHECK_THAT(out, ContainsSubstring("\n  | [9] system, now\n"));
  CHECK(out.find('\x1b') == std::string::npos);
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(display_width(line) <= 80);
  }
}

TEST_CASE("content is broken at spaces, and nowhere changed") {
  using Lines = std::vector<std::string>;
  CHECK(wrap_content("", 10) == Lines{""});
  CHECK(wrap_content("one two three", 10) == Lines{"one two", "three"});
  CHECK(wrap_content("one two three", 7) == Lines{"one two", "three"});
  CHECK(wrap_content("0123456789ab cd", 10) == Lines{"0123456789", "ab cd"});
  CHECK(wrap_content("a\r\n\nb\n", 10) == Lines{"a", "", "b", ""});
  CHECK(wrap_content("  indented code", 20) == Lines{"  indented code"});
  CHECK(wrap_content("汉字汉字", 5) == Lines{"汉字", "汉字"});
}

TEST_CASE("a long conversation is shown whole") {
  MessageTree tree;
  Message message;
  for (int i = 0; i < 20'000; ++i) {
    message.parent_id = message.id;
    message.id = std::to_string(i + 1);
    message.content = "x";
    tree.add(message);
  }
  std::ostringstream out;
  tree.print(out, 80, true);
  CHECK(tree.count_branches() == 1);
  CHECK_THAT(out.str(), ContainsSubstring("[20000] user"));
}

TEST_CASE("what is left of a conversation is shown after what is gone") {
  Talk talk;
  const auto root = talk.say("alice", "c-1", "", {"old", "old"}, 2 * kHourMs, kHourMs);
  talk.say("alice", "c-1", root, {"new", "new"});
  REQUIRE(talk.shell.run({"conversation", "show", "c-1"}) == 0);
  CHECK_THAT(talk.shell.out, ContainsSubstring("--- after a message that is gone ---"));
  CHECK_THAT(talk.shell.out, !ContainsSubstring("| old"));
}

TEST_CASE("an export holds the whole tree, one object a line") {
  Talk talk;
  const auto root = talk.say("alice", "c-1", "", {"q1", "a\n\"1\""});
  talk.say("alice", "c-1", root, {"q2", "a2"});
  talk.say("alice", "c-1", root, {"q3", "a3"});
  talk.say("alice", "c-2", "", {"q4", "a4"});
  talk.say("bob", "c-3", "", {"q5", "a5"});
  REQUIRE(talk.shell.run({"conversation", "export", "c-1"}) == 0);
  std::map<std::string, json> by_id;
  std::istringstream lines(talk.shell.out);
  for (std::string line; std::getline(lines, line);) {
    const json message = json::parse(line);
    if (!message["parent_id"].is_null()) CHECK(by_id.count(message["parent_id"]) == 1);
    by_id[message["id"]] = message;
  }
  REQUIRE(by_id.size() == 6);
  CHECK(by_id[root]["content"] == "a\n\"1\"");
  CHECK(by_id[root]["role"] == "assistant");
  CHECK(by_id[root]["model"] == "gpt");
  CHECK(by_id[root]["user"] == "alice");
  CHECK(by_id[root]["conversation_id"] == "c-1");
  CHECK(talk.list({"conversation", "export", "--user", "alice"}).size() == 8);
  CHECK(talk.list({"conversation", "export", "--all"}).size() == 10);
  CHECK(talk.list({"conversation", "show", "c-2"}).size() == 2);
}

TEST_CASE("a purge says how many, and asks") {
  Talk talk;
  talk.say("alice", "c-1", "", {"q", "a"}, 50 * kHourMs);
  talk.say("alice", "c-2", "", {"q", "a"});
  talk.say("bob", "c-3", "", {"q", "a"}, 50 * kHourMs);
  talk.say("bob", "c-4", "", {"q", "a"}, 2 * kHourMs, kHourMs);
  const auto purge = [&](std::vector<std::string> line) {
    line.insert(line.begin(), {"conversation", "purge"});
    line.insert(line.end(), {"--format", "json"});
    INFO(talk.shell.err);
    REQUIRE(talk.shell.run(line) == 0);
    return json::parse(talk.shell.out)["messages"].get<int>();
  };
  // In a script it must be told that this is meant.
  CHECK(talk.shell.run({"conversation", "purge", "c-1"}) == 2);
  CHECK(talk.shell.run({"conversation", "purge", "--all"}) == 2);
  CHECK(talk.list().size() == 3);
  // What is over already is nobody's loss.
  CHECK(purge({"--expired"}) == 2);
  CHECK(purge({"--expired"}) == 0);
  CHECK(purge({"--user", "alice", "--older-than", "2d", "--yes"}) == 2);
  CHECK(talk.list().size() == 2);
  CHECK(purge({"c-2", "--yes"}) == 2);
  CHECK(purge({"--all", "--yes"}) == 2);
  CHECK(talk.list().empty());
}

TEST_CASE("at a terminal a purge waits for yes") {
  Talk talk;
  talk.say("alice", "c-1", "", {"q", "a"});
  talk.shell.terminal.has_input = talk.shell.terminal.has_errors = true;
  CHECK(talk.shell.run({"conversation", "purge", "--user", "alice"}, "n\n") == 4);
  CHECK_THAT(talk.shell.err, ContainsSubstring("purge 2 messages of 1 conversation?"));
  CHECK(talk.list().size() == 1);
  CHECK(talk.shell.run({"conversation", "purge", "--user", "alice"}, "y\n") == 0);
  CHECK(talk.list().empty());
}

TEST_CASE("an archived account's conversations are gone") {
  Talk talk;
  talk.say("alice", "c-1", "", {"q", "a"});
  talk.say("bob", "c-2", "", {"q", "a"});
  REQUIRE(talk.shell.run({"user", "remove", "alice", "--archive", "--yes"}) == 0);
  CHECK_THAT(talk.shell.err, ContainsSubstring("conversations"));
  CHECK(talk.list().size() == 1);
}

TEST_CASE("conversations are offered by their ids") {
  Talk talk;
  talk.say("alice", "abc-1", "", {"q", "a"});
  talk.say("bob", "xyz-2", "", {"q", "a"});
  REQUIRE(talk.shell.run({"__complete", "chatgate conversation show a"}) == 0);
  CHECK(talk.shell.out == "words\nabc-1\tof alice\n");
  REQUIRE(talk.shell.run({"__complete", "chatgate conversation list b"}) == 0);
  CHECK(talk.shell.out == "words\nbob\tUSD\n");
  REQUIRE(talk.shell.run({"__complete", "chatgate conversation purge --user=al"}) == 0);
  CHECK(talk.shell.out == "words\n--user=alice\tUSD\n");
}
