#include "server/doors/web_commands.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

using Name = WebCommand::Name;

TEST_CASE("a prompt is a command when its first word is one", "[web]") {
  const auto model = parse_web_command("  /model  gpt-4o,80 \n");
  REQUIRE(model);
  CHECK(model->name == Name::kModel);
  CHECK(model->argument == "gpt-4o,80");
  CHECK(parse_web_command("/help")->name == Name::kHelp);
  CHECK(parse_web_command("/me")->name == Name::kMe);
  CHECK(parse_web_command("/login\n")->name == Name::kLogin);
  CHECK(parse_web_command("/user a:b")->name == Name::kUser);
  for (const auto* question :
       {"/etc/hosts: what is it?", "/mean", "help", "", "/", "what does /me do?"}) {
    INFO(question);
    CHECK_FALSE(parse_web_command(question));
  }
}

TEST_CASE("a new log-in has a short name and a password of at least six", "[web]") {
  const auto login = parse_new_login("ann4:a:longer-pass!");
  REQUIRE(login);
  CHECK(login->name == "ann4");
  CHECK(login->password == "a:longer-pass!");
  CHECK(parse_new_login("abcdefghijkl:123456"));
  for (const auto* wrong :
       {"", "ann4", "ann:123456", "4ann:123456", "abcdefghijklm:123456", "an_n:123456",
        "ann4:12345", "ann4:123 456", "ann4:123456\n", ":123456"}) {
    INFO(wrong);
    CHECK_FALSE(parse_new_login(wrong));
  }
}

}  // namespace
}  // namespace chatgate
