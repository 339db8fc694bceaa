#include <SQLiteCpp/Database.h>

#include <catch2/catch_all.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/shell.h"
#include "tests/contract/databases.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

constexpr int64_t kDayMs = 86'400'000;

// Three days of usage that ended 40 days before the shell's now, which is at 10:00.
void fill(Shell& shell) {
  REQUIRE(shell.run({"db", "init"}) == 0);
  const auto store = must(open_store("chatgate.db", OpenMode::kExisting));
  const ApiToken token = add_token(*store, add_user(*store, "ann", 1'000'000));
  const Price price = add_simple_price(*store);
  BookBatch batch;
  for (int64_t row = 0; row < 30; ++row) {
    const int64_t ms = shell.clock.now().unix_ms - (43 - row / 10) * kDayMs + row;
    batch.settled.push_back(settlement(request_id(ms, row), token, price, 10, 1));
  }
  must(store->commit(batch));
}

json run_for_json(Shell& shell, std::vector<std::string> line) {
  line.insert(line.end(), {"--format", "json"});
  INFO(shell.err);
  REQUIRE(shell.run(line) == 0);
  return json::parse(shell.out);
}

}  // namespace

TEST_CASE("db init makes a database and never touches one") {
  Shell shell;
  const json made = run_for_json(shell, {"db", "init"});
  CHECK(made["path"] == "chatgate.db");
  CHECK(made["schema_version"].get<int>() >= 2);
  CHECK(shell.run({"user", "add", "ann"}) == 0);
  CHECK(shell.run({"db", "init"}) == 4);
  CHECK_THAT(shell.err, ContainsSubstring("exists already"));
  CHECK(shell.run({"user", "show", "ann"}) == 0);
}

TEST_CASE("db check tells facts, then what is wrong") {
  Shell shell;
  CHECK(shell.run({"db", "check"}) == 3);
  fill(shell);
  CHECK(shell.run({"db", "check"}) == 0);
  CHECK_THAT(shell.out, ContainsSubstring("free pages") && Catch::Matchers::EndsWith("ok\n"));
  const json sound = run_for_json(shell, {"db", "check"});
  CHECK(sound["is_sound"] == true);
  CHECK(sound["findings"] == "");
  CHECK(sound["bytes"] == sound["pages"].get<int64_t>() * sound["page_bytes"].get<int64_t>());
  SQLite::Database("chatgate.db", SQLite::OPEN_READWRITE).exec("DROP TRIGGER usage_stays");
  CHECK(shell.run({"db", "check"}) == 1);
  CHECK_THAT(shell.out, ContainsSubstring("usage_stays"));
  CHECK_THAT(shell.err, ContainsSubstring("restore a backup"));
}

TEST_CASE("a backup is made, refused and restored") {
  Shell shell;
  fill(shell);
  CHECK(shell.run({"db", "backup", "-"}) == 2);
  CHECK(shell.run({"db", "backup"}) == 2);
  const json made = run_for_json(shell, {"db", "backup", "copy.db"});
  CHECK(std::filesystem::path(made["path"].get<std::string>()).filename() == "copy.db");
  CHECK(shell.run({"db", "backup", "copy.db"}) == 4);
  CHECK_THAT(shell.err, ContainsSubstring("--force"));
  CHECK(shell.run({"db", "backup", "--force", "copy.db"}) == 0);
  CHECK(shell.run({"--db", "copy.db", "ledger", "verify"}) == 0);

  CHECK(shell.run({"user", "add", "late"}) == 0);
  CHECK(shell.run({"db", "restore", "none.db", "--yes"}) == 3);
  CHECK_THAT(shell.err, ContainsSubstring("'none.db' does not exist: give another backup"));
  CHECK(shell.run({"db", "restore", "copy.db"}) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("--yes"));
  shell.terminal.has_input = shell.terminal.has_errors = true;
  CHECK(shell.run({"db", "restore", "copy.db"}, "n\n") == 4);
  CHECK(shell.run({"user", "show", "late"}) == 0);
  CHECK(shell.run({"db", "restore", "copy.db"}, "y\n") == 0);
  CHECK_THAT(shell.out, ContainsSubstring("chatgate.db.before-restore"));
  CHECK(shell.run({"user", "show", "late"}) == 3);
  CHECK(shell.run({"db", "restore", "copy.db", "--yes"}) == 0);
  CHECK_THAT(shell.out, ContainsSubstring("chatgate.db.before-restore.2\n"));
  CHECK(run_for_json(shell, {"db", "restore", "copy.db", "--yes", "--discard"})["old_content"] ==
        nullptr);
  CHECK(shell.run({"--db", "chatgate.db.before-restore", "user", "show", "late"}) == 0);
}

TEST_CASE("a backup that is damaged is named as it was given") {
  Shell shell;
  fill(shell);
  CHECK(shell.run({"db", "backup", "copy.db"}) == 0);
  const auto size = std::filesystem::file_size("copy.db");
  {
    std::fstream file("copy.db", std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4096);
    file << std::string(size - 4096, 'x');
  }
  CHECK(shell.run({"db", "restore", "copy.db", "--yes"}) == 5);
  CHECK_THAT(shell.err, ContainsSubstring("the backup 'copy.db' is damaged: give another backup"));
  CHECK(shell.run({"db", "check", "--format", "json"}) == 0);
  CHECK(shell.run({"--db", "copy.db", "db", "check"}) != 0);
  CHECK(shell.out.find('?') == std::string::npos);
}

TEST_CASE("db migrate says from which version to which") {
  Shell shell;
  CHECK(shell.run({"db", "init"}) == 0);
  json change = run_for_json(shell, {"db", "migrate"});
  CHECK(change["from_version"] == change["to_version"]);
  CHECK(change["is_migrated"] == false);
  SQLite::Database("chatgate.db", SQLite::OPEN_READWRITE)
      .exec(
          "DROP TRIGGER usage_lasts; DROP TABLE usage_kept; PRAGMA user_version = 1;"
          "CREATE TRIGGER usage_lasts BEFORE DELETE ON usage BEGIN SELECT 1; END;"
          "ALTER TABLE users DROP COLUMN requests_per_minute;"
          "ALTER TABLE users DROP COLUMN tokens_per_minute;"
          "ALTER TABLE users DROP COLUMN parallel_requests;"
          "ALTER TABLE users DROP COLUMN model_settings;"
          "DROP TABLE messages; DROP TABLE conversations;"
          "ALTER TABLE users DROP COLUMN archived_at; ALTER TABLE users DROP COLUMN password_hash;"
          "ALTER TABLE users DROP COLUMN budget_period; ALTER TABLE users DROP COLUMN budget;");
  CHECK(shell.run({"db", "check"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("db migrate"));
  change = run_for_json(shell, {"db", "migrate", "--dry-run"});
  CHECK(change["from_version"] == 1);
  CHECK(change["is_migrated"] == false);
  change = run_for_json(shell, {"db", "migrate"});
  CHECK(change["from_version"] == 1);
  CHECK(change["is_migrated"] == true);
  CHECK(shell.run({"db", "check"}) == 0);
  CHECK(shell.err.empty());
}

TEST_CASE("old usage is pruned after a question, and reports say so") {
  Shell shell;
  fill(shell);
  CHECK(shell.run({"db", "prune"}) == 2);
  CHECK(shell.run({"db", "prune", "--older-than", "lately"}) == 2);
  CHECK(shell.run({"db", "prune", "--older-than", "2w", "--yes"}) == 4);
  CHECK_THAT(shell.err, ContainsSubstring("1mo"));
  const std::vector<std::string> prune{"db", "prune", "--older-than", "42d"};
  CHECK(shell.run(prune) == 2);
  CHECK_THAT(shell.err, ContainsSubstring("delete 10 usage rows of 1 day before 2026-10-09"));
  json pruned = run_for_json(shell, {"db", "prune", "--older-than", "42d", "--dry-run"});
  CHECK(pruned["rows"] == 10);
  CHECK(pruned["days"] == 1);
  CHECK(pruned["bytes"] > 0);
  pruned = run_for_json(shell, {"db", "prune", "--older-than", "42d", "--yes"});
  CHECK(pruned["rows"] == 10);
  CHECK(pruned["kept_from"] == "2026-10-09T00:00:00.000Z");
  CHECK(shell.run({"ledger", "verify"}) == 0);

  CHECK(run_for_json(shell, {"usage", "report", "--since", "2026-10-01", "--by", "day"}).size() ==
        3);
  CHECK(shell.err.empty());
  CHECK(shell.run({"usage", "report", "--since", "2026-10-01", "--by", "status"}) == 4);
  CHECK_THAT(shell.err, ContainsSubstring("before 2026-10-09 00:00Z have been pruned"));
  CHECK(shell.run({"usage", "export", "--since", "2026-10-01"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("before 2026-10-09 00:00Z have been pruned"));
  CHECK(shell.run({"usage", "report", "--since", "2026-10-09", "--by", "status"}) == 0);
  CHECK(shell.err.find("pruned") == std::string::npos);
  CHECK(shell.run({"db", "prune", "--older-than", "2mo"}) == 0);  // nothing left to ask about

  CHECK(shell.run({"db", "vacuum"}) == 0);
  CHECK(shell.run({"ledger", "verify"}) == 0);
}

TEST_CASE("long work draws a bar at a terminal and wipes it away") {
  Shell shell;
  fill(shell);
  shell.terminal.has_errors = true;
  CHECK(shell.run({"db", "backup", "copy.db"}) == 0);
  CHECK_THAT(shell.err, ContainsSubstring("copying") && Catch::Matchers::EndsWith("\r\x1b[K"));
}
