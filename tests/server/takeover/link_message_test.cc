#include "server/takeover/link_message.h"

#include <catch2/catch_all.hpp>
#include <random>

namespace chatgate {
namespace {

using Kind = LinkMessage::Kind;

LinkMessage reread(const LinkMessage& message) {
  const std::string line = format_link_message(message);
  REQUIRE(line.find('\n') == line.size() - 1);
  const auto read = parse_link_message(line);
  REQUIRE(read);
  REQUIRE(read->kind == message.kind);
  return *read;
}

bool is_same(const Hold& a, const Hold& b) {
  return a.request_id == b.request_id && a.user_id == b.user_id && a.amount == b.amount;
}

TEST_CASE("what the processes say is read as it was written", "[takeover]") {
  for (const Kind kind : {Kind::kAccepted, Kind::kGo, Kind::kStop, Kind::kBye}) {
    reread({.kind = kind});
  }
  const auto offer = reread({.kind = Kind::kOffer,
                             .sockets = {{"http", "127.0.0.1:0", "127.0.0.1:81", true},
                                         {"admin", "a\n\"", "[::1]:2", false}},
                             .lane = 1});
  CHECK(offer.lane == 1);
  REQUIRE(offer.sockets.size() == 2);
  CHECK(offer.sockets[0].is_activated);
  CHECK(offer.sockets[1].configured == "a\n\"");
  CHECK(reread({.kind = Kind::kReady, .names = {"http", "grpc"}}).names.size() == 2);
  const auto holds =
      reread({.kind = Kind::kHolds, .holds = {{{INT64_MAX}, {1}, {0}}, {{2}, {3}, {INT64_MAX}}}});
  REQUIRE(holds.holds.size() == 2);
  CHECK(is_same(holds.holds[0], {{INT64_MAX}, {1}, {0}}));
  CHECK(is_same(holds.holds[1], {{2}, {3}, {INT64_MAX}}));
  CHECK(reread({.kind = Kind::kCharged, .users = {{7}, {8}}}).users[1] == UserId{8});
  CHECK(reread({.kind = Kind::kState, .last_id = {99}}).last_id == RequestId{99});
  CHECK(reread({.kind = Kind::kAbort, .reason = "no\xFF"}).reason.starts_with("no"));
}

TEST_CASE("questions and answers are read as they were written", "[takeover]") {
  for (const Kind kind : {Kind::kReserve, Kind::kCouldReserve, Kind::kFix}) {
    const auto asked = reread({.kind = kind, .number = 5, .hold = {{9}, {3}, {700}}});
    CHECK(asked.number == 5);
    CHECK(is_same(asked.hold, {{9}, {3}, {700}}));
  }
  CHECK(reread({.kind = Kind::kAvailable, .hold = {{}, {3}, {}}}).hold.user_id == UserId{3});
  // An account that was adjusted below its holds has less than nothing to spend.
  CHECK(reread({.kind = Kind::kAnswer, .hold = {{}, {3}, {-5}}}).hold.amount == Money{-5});
  Error error{ErrorCode::kInsufficientQuota, "used up"};
  error.should_not_retry = true;
  const auto refused = reread({.kind = Kind::kAnswer, .hold = {{}, {3}, {}}, .error = error});
  REQUIRE(refused.error);
  CHECK(refused.error->code == ErrorCode::kInsufficientQuota);
  CHECK(refused.error->message == "used up");
  CHECK(refused.error->should_not_retry);
  error.code = ErrorCode::kInternal;
  CHECK(reread({.kind = Kind::kAnswer, .hold = {{}, {3}, {}}, .error = error}).error->code ==
        ErrorCode::kOverloaded);
}

TEST_CASE("what is no message is refused", "[takeover]") {
  for (const char* line : {
           "",
           "{}",
           "[]",
           "null",
           "7",
           "GET / HTTP/1.1",
           "{\"say\":7}",
           R"({"say":"hello"})",
           R"({"say":"offer"})",
           R"({"say":"offer","lane":2,"sockets":[]})",
           R"({"say":"offer","lane":-1,"sockets":[]})",
           R"({"say":"offer","lane":0,"sockets":[7]})",
           R"({"say":"offer","lane":0,"sockets":[{"name":"http"}]})",
           R"({"say":"ready"})",
           R"({"say":"ready","names":[7]})",
           R"({"say":"holds","holds":[[1,2]]})",
           R"({"say":"holds","holds":[[1,2,-3]]})",
           R"({"say":"holds","holds":[[0,2,3]]})",
           R"({"say":"holds","holds":[[1,0,3]]})",
           R"({"say":"holds","holds":[[1,2,3.5]]})",
           R"({"say":"holds","holds":[[1,2,99999999999999999999]]})",
           R"({"say":"holds","holds":[[1,2,9223372036854775808]]})",
           R"({"say":"charged","users":["x"]})",
           R"({"say":"state"})",
           R"({"say":"reserve","number":1})",
           R"({"say":"reserve","number":1,"hold":[1,2,-3]})",
           R"({"say":"reserve","hold":[1,2,3]})",
           R"({"say":"fix","number":1,"hold":[0,2,3]})",
           R"({"say":"answer","number":1,"hold":[0,2,3],"error":7})",
           R"({"say":"answer","number":1,"hold":[0,2,3],"error":{"code":"x"}})",
       }) {
    INFO(line);
    const auto message = parse_link_message(line);
    REQUIRE_FALSE(message);
    CHECK(message.error().code == ErrorCode::kInvalidRequest);
  }
  CHECK_FALSE(parse_link_message(std::string(100'000, '[')));
  std::string many = R"({"say":"charged","users":[1)";
  for (size_t i = 0; i < kLinkListMax; ++i) many += ",1";
  CHECK_FALSE(parse_link_message(many + "]}"));
}

TEST_CASE("broken messages are refused or sound", "[takeover]") {
  std::mt19937_64 random(7);
  const std::vector<std::string> lines{
      format_link_message({.kind = Kind::kOffer, .sockets = {{"http", "a", "b", true}}}),
      format_link_message({.kind = Kind::kHolds, .holds = {{{5}, {6}, {7}}}}),
      format_link_message({.kind = Kind::kFix, .number = 3, .hold = {{5}, {6}, {7}}}),
      format_link_message({.kind = Kind::kAnswer,
                           .hold = {{}, {1}, {}},
                           .error = Error{ErrorCode::kRefused, "no"}})};
  for (int i = 0; i < 20'000; ++i) {
    std::string line = lines[random() % lines.size()];
    for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      const size_t at = random() % line.size();
      switch (random() % 3) {
        case 0:
          line[at] = static_cast<char>(random());
          break;
        case 1:
          line.erase(at, 1 + random() % 5);
          break;
        default:
          line.insert(at, line.substr(random() % line.size(), random() % 9));
      }
      if (line.empty()) line = "{";
    }
    const auto message = parse_link_message(line);
    if (!message) continue;
    for (const auto& hold : message->holds) {
      REQUIRE((hold.request_id.value > 0 && hold.user_id.value > 0 && !hold.amount.is_negative()));
    }
    REQUIRE((message->lane == 0 || message->lane == 1));
  }
}

}  // namespace
}  // namespace chatgate
