#include <CLI/CLI.hpp>
#include <catch2/catch_all.hpp>

#include "cli/command_tree.h"
#include "cli/commands.h"
#include "cli/completion/complete.h"
#include "tests/cli/shell.h"

using namespace chatgate;

namespace {

std::string complete_with(Shell& shell, const std::string& line) {
  REQUIRE(shell.run({"__complete", "chatgate " + line}) == 0);
  CHECK(shell.err.empty());
  return shell.out;
}

// Calls `visit` with every verb of the tree, `serve` included.
template <class Visit>
void for_each_verb(const CLI::App& command, Visit&& visit) {
  const auto children = visible_commands(command);
  if (children.empty()) visit(command);
  for (const auto* child : children) for_each_verb(*child, visit);
}

struct Tree {
  Tree() { register_commands(app, context); }

  std::istringstream in;
  std::ostringstream out;
  ManualClock clock{0};
  Context context{{in, out, out}, clock, {}, {}};
  CLI::App app{"", "chatgate"};
};

}  // namespace

TEST_CASE("a line is split at spaces that no quote protects") {
  using Words = std::vector<std::string>;
  CHECK(split_line("", "/home") == Words{""});
  CHECK(split_line("chatgate", "/home") == Words{"chatgate"});
  CHECK(split_line("  chatgate  user ", "/home") == Words{"chatgate", "user", ""});
  CHECK(split_line("a 'b c' \"d \\\" e\" f\\ g", "/home") == Words{"a", "b c", "d \" e", "f g"});
  CHECK(split_line("a 'b\\' c", "/home") == Words{"a", "b\\", "c"});
  CHECK(split_line("a ~/b '~/c' d~/e", "/home") == Words{"a", "/home/b", "~/c", "d~/e"});
  CHECK(split_line("a 'open quote", "/home") == Words{"a", "open quote"});
  CHECK(split_line("a b\\", "/home") == Words{"a", "b\\"});
}

TEST_CASE("nouns, verbs and options are offered where they may stand") {
  Shell shell;
  CHECK(complete_with(shell, "led") == "words\nledger\tthe books\n");
  CHECK(complete_with(shell, "ledger ver") == "words\nverify\tcheck that the books are exact\n");
  CHECK(complete_with(shell, "--format json ledger ver") ==
        complete_with(shell, "ledger --format=json ver"));
  CHECK(complete_with(shell, "user list --form") == "words\n--format\thow data is printed\n");
  CHECK(complete_with(shell, "user list --format csv --form").empty());
  CHECK(complete_with(shell, "user list -- --form").empty());
  CHECK(complete_with(shell, "nonsense ").empty());
  CHECK(complete_with(shell, "user show alice more ").empty());
}

TEST_CASE("values are offered by what the option takes") {
  Shell shell;
  CHECK(complete_with(shell, "--color ") == "words\nauto\nalways\nnever\n");
  CHECK(complete_with(shell, "--color=n") == "words\n--color=never\n");
  CHECK(complete_with(shell, "usage report --by user,mod") == "words\nuser,model\n");
  CHECK(complete_with(shell, "--db ") == "files\n");
  CHECK(complete_with(shell, "serve --master-key-file=/etc/") == "files\n");
  CHECK(complete_with(shell, "user add ").empty());
  CHECK(complete_with(shell, "user add x --note ").empty());
}

TEST_CASE("names are offered from the database that the line names") {
  Shell shell;
  CHECK(complete_with(shell, "user show ").empty());
  CHECK_FALSE(std::filesystem::exists("chatgate.db"));
  REQUIRE(shell.run({"user", "add", "ann", "--db", "x.db"}) == 0);
  REQUIRE(shell.run({"user", "add", "bob", "--unit", "tokens", "--db", "x.db"}) == 0);
  CHECK(complete_with(shell, "user show ").empty());
  CHECK(complete_with(shell, "--db x.db user show ") == "words\nann\tUSD\nbob\ttokens\n");
  CHECK(complete_with(shell, "usage report --db=x.db --user b") == "words\nbob\ttokens\n");
  CHECK(complete_with(shell, "usage report --db=x.db --user=b") == "words\n--user=bob\ttokens\n");
  std::ofstream("other.json") << R"({"db": "x.db"})";
  CHECK(complete_with(shell, "--config other.json user show a") == "words\nann\tUSD\n");
  shell.environment["CHATGATE_DB"] = "x.db";
  CHECK(complete_with(shell, "user recharge a") == "words\nann\tUSD\n");
}

TEST_CASE("names are offered that the verb can do something with") {
  Shell shell;
  REQUIRE(shell.run({"user", "add", "ann"}) == 0);
  REQUIRE(shell.run({"user", "add", "old"}) == 0);
  REQUIRE(shell.run({"user", "remove", "old", "--archive", "--yes"}) == 0);
  CHECK(complete_with(shell, "user unarchive ") == "words\nold\tUSD, archived\n");
  CHECK(complete_with(shell, "user show ") == "words\nann\tUSD\n");
  for (const char* model : {"m1", "m2"}) {
    REQUIRE(shell.run({"price", "set", model, "--input", "1", "--output", "1"}) == 0);
  }
  REQUIRE(shell.run({"price", "remove", "m1", "--yes"}) == 0);
  CHECK(complete_with(shell, "price remove ") == "words\nm2\n");
  CHECK(complete_with(shell, "price set ") == "words\nm1\nm2\n");
  CHECK(complete_with(shell, "usage report --last ") == "words\nday\nweek\nmonth\n");
  CHECK(complete_with(shell, "usage report --sort co") == "words\ncost\n");
}

TEST_CASE("every option says what it does, every verb gives examples of itself") {
  const Tree tree;
  for_each_verb(tree.app, [](const CLI::App& verb) {
    INFO(full_name(verb));
    CHECK_FALSE(verb.get_description().empty());
    CHECK(examples_of(verb).find(full_name(verb)) != std::string::npos);
    for (const auto* option : visible_options(verb)) {
      INFO(label_of(*option));
      CHECK_FALSE(option->get_description().empty());
    }
    for (const auto* positional : positionals_of(verb)) {
      INFO(label_of(*positional));
      CHECK_FALSE(positional->get_description().empty());
    }
  });
}
