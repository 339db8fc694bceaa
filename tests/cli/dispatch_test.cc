#include <catch2/catch_all.hpp>

#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the program alone prints its help and is wrong usage") {
  Shell shell;
  CHECK(shell.run({}) == 2);
  CHECK(shell.out.empty());
  CHECK_THAT(shell.err, ContainsSubstring("Exit status"));
  CHECK(shell.run({"user"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("recharge"));
}

TEST_CASE("help and version go to standard output") {
  Shell shell;
  CHECK(shell.run({"--version"}) == 0);
  CHECK_THAT(shell.out, Catch::Matchers::StartsWith("chatgate "));
  CHECK(shell.run({"price", "set", "--help"}) == 0);
  CHECK_THAT(shell.out, ContainsSubstring("--cached-input") && ContainsSubstring("Examples:"));
  CHECK(shell.err.empty());
}

TEST_CASE("mistyped words get the near miss and exit status 2") {
  Shell shell;
  CHECK(shell.run({"usr", "list"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("unknown command \"usr\"; did you mean \"user\"?"));
  CHECK(shell.run({"user", "lst"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"list\"?"));
  CHECK(shell.run({"user", "list", "--fromat", "json"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("did you mean \"--format\"?"));
  CHECK(shell.run({"user", "list", "--format", "xml"}) == 2);
  CHECK(shell.run({"user", "add"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("NAME is required"));
  CHECK(shell.out.empty());
}

TEST_CASE("an unknown option's value is not repeated, it could be a secret") {
  Shell shell;
  CHECK(shell.run({"token", "add", "x", "--upstream-key=sk-secret"}) == 2);
  CHECK_THAT(shell.err, !ContainsSubstring("sk-secret"));
}

TEST_CASE("global options stand before, between and after the words") {
  Shell shell;
  REQUIRE(shell.run({"--db", "x.db", "user", "add", "ann"}) == 0);
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"--db", "x.db", "--format", "json", "user", "list"},
        {"user", "--db", "x.db", "--format", "json", "list"},
        {"user", "list", "--db=x.db", "--format=json"},
        {"--db", "other.db", "user", "list", "--format", "json", "--db", "x.db"}}) {
    CHECK(shell.run(line) == 0);
    CHECK_THAT(shell.out, ContainsSubstring("\"ann\""));
  }
}

TEST_CASE("names of commands are names of users too") {
  Shell shell;
  CHECK(shell.run({"user", "add", "token"}) == 0);
  CHECK(shell.run({"user", "add", "list"}) == 0);
  CHECK(shell.run({"token", "add", "token"}) == 0);
  CHECK(shell.run({"user", "show", "list"}) == 0);
}

TEST_CASE("the database comes from the flag, the environment, the file, the default") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "in-default"}) == 0);
  CHECK(std::filesystem::exists("chatgate.db"));
  std::ofstream("chatgate.json") << R"({"db": "file.db"})";
  REQUIRE(shell.run({"user", "add", "in-file"}) == 0);
  CHECK(std::filesystem::exists("file.db"));
  shell.environment["CHATGATE_DB"] = "environment.db";
  REQUIRE(shell.run({"user", "add", "in-environment"}) == 0);
  CHECK(std::filesystem::exists("environment.db"));
  REQUIRE(shell.run({"user", "add", "in-flag", "--db", "flag.db"}) == 0);
  CHECK(std::filesystem::exists("flag.db"));
}

TEST_CASE("reading verbs make no database") {
  Shell shell;
  for (const std::vector<std::string>& line : {std::vector<std::string>{"user", "list"},
                                               {"token", "list"},
                                               {"price", "list"},
                                               {"usage", "report"},
                                               {"ledger", "verify"},
                                               {"token", "add", "ann"}}) {
    CHECK(shell.run(line) == 3);
    CHECK_THAT(shell.err, ContainsSubstring("chatgate.db"));
    CHECK(shell.out.empty());
  }
  CHECK_FALSE(std::filesystem::exists("chatgate.db"));
}

TEST_CASE("a broken configuration stops every verb with exit status 2") {
  Shell shell;
  std::ofstream("chatgate.json") << "{\"db\": }";
  CHECK(shell.run({"user", "list"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("line 1, column 8"));
  CHECK(shell.run({"user", "list", "--config", "none.json"}) == 2);
}

TEST_CASE("an empty value is refused, but for free texts") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice", "--note", ""}) == 0);
  REQUIRE(shell.run({"token", "add", "alice", "--name", ""}) == 0);
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"token", "list", ""},
        {"price", "set", "m", "--input", "", "--output", ""},
        {"user", "recharge", "alice", "5", "--idempotency-key", ""},
        {"user", "recharge", "alice", "5", "--idempotency-key="},
        {"usage", "report", "--user", ""},
        {"token", "add", "alice", "--models", ""},
        {"token", "add", "alice", "--expires", ""},
        {"user", "list", "--config", ""},
        {"--db", "", "user", "list"}}) {
    INFO(line.back());
    CHECK(shell.run(line) == 2);
    CHECK(shell.out.empty());
  }
  CHECK(shell.run({"usage", "report", "--user", ""}) == 2);
  CHECK_THAT(shell.err, Catch::Matchers::StartsWith(
                            "chatgate: --user is empty: give a value, or leave the option out"));
  CHECK(shell.run({"user", "show", ""}) == 2);
  CHECK_THAT(shell.err, Catch::Matchers::StartsWith("chatgate: NAME is empty: give a value (see"));
}
