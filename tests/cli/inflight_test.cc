#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "common/store/open_store.h"
#include "server/control/control_server.h"
#include "tests/cli/shell.h"

namespace chatgate {
namespace {

using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

constexpr const char* kId = "req_1a1f92a5b1c00000";

Result<std::vector<RunningRequest>> answer(const ControlRequest& request) {
  const auto id = parse_request_id(kId);
  if (request.verb == ControlRequest::Verb::kKill && request.id != *id) {
    return fail(ErrorCode::kNotFound, "no such request");
  }
  RunningRequest running{.id = *id,
                         .user_id = {1},
                         .token_id = {1},
                         .model = "gpt-4o",
                         .endpoint = "/v1/chat/completions",
                         .upstream = "openai",
                         .state = "streaming",
                         .elapsed_ms = 185'000,
                         .answer_bytes = 99,
                         .hold = {1'500'000}};
  return std::vector{running};
}

struct Running : Shell {
  Running() {
    REQUIRE(run({"user", "add", "alice"}) == 0);
    REQUIRE(run({"token", "add", "alice"}) == 0);
    prefix = out.substr(0, 12);
    server = ControlServer::start(control_path_of("chatgate.db").value(), answer).value();
  }
  std::string prefix;
  std::unique_ptr<ControlServer> server;
};

TEST_CASE_METHOD(Running, "running requests are listed with names from the database") {
  REQUIRE(run({"inflight", "list", "--format", "json"}) == 0);
  const auto list = json::parse(out);
  REQUIRE(list.size() == 1);
  CHECK(list[0]["id"] == kId);
  CHECK(list[0]["user"] == "alice");
  CHECK(list[0]["token"] == prefix);
  CHECK(list[0]["hold"] == "0.0015");
  CHECK(list[0]["unit"] == "USD");
  CHECK(list[0]["elapsed_ms"] == 185'000);
  REQUIRE(run({"inflight", "list"}) == 0);
  CHECK_THAT(out, ContainsSubstring("alice") && ContainsSubstring("3m05s") &&
                      ContainsSubstring("streaming"));
  CHECK_THAT(out, ContainsSubstring("HOLD  UNIT") && ContainsSubstring("USD"));
}

TEST_CASE_METHOD(Running, "a running request is ended by its id") {
  REQUIRE(run({"inflight", "kill", kId, "--yes", "--format", "json"}) == 0);
  CHECK(json::parse(out)["id"] == kId);
  CHECK(run({"inflight", "kill", "req_0000000000000001"}) == 3);
  CHECK_THAT(err, ContainsSubstring("is running"));
  CHECK(run({"inflight", "kill", "everything"}) == 3);
  CHECK_THAT(err, ContainsSubstring("inflight list"));
  CHECK(run({"inflight", "kill"}) == 2);
  CHECK(run({"inflight", "kill", kId}) == 2);
  CHECK_THAT(err, ContainsSubstring("of alice") && ContainsSubstring("--yes"));
}

TEST_CASE_METHOD(Running, "without a gateway nothing can be asked") {
  server.reset();
  CHECK(run({"inflight", "list"}) == 5);
  CHECK(out.empty());
  CHECK_THAT(err, ContainsSubstring("chatgate serve"));
  CHECK(run({"inflight", "kill", kId}) == 5);
  CHECK(run({"inflight", "list", "--db", "none.db"}) == 3);
}

}  // namespace
}  // namespace chatgate
