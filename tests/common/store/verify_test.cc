// Books that were tampered with behind the program's back: each kind of fault is found.

#include <SQLiteCpp/Database.h>

#include <catch2/catch_all.hpp>

#include "tests/contract/databases.h"
#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

struct Tampering {
  const char* sql;
  const char* found;
};

TEST_CASE("verification finds what was tampered with") {
  const auto [sql, found] = GENERATE(values<Tampering>({
      {"UPDATE users SET balance = balance + 1", "balance = credits - costs"},
      {"UPDATE users SET balance = -5", "not below zero"},
      {"DROP TRIGGER usage_stays; UPDATE usage SET cost = cost + 1 WHERE prompt = 10",
       "cost = counts x price"},
      {"DROP TRIGGER usage_stays; UPDATE usage SET cost = 1 WHERE status = 3", "costs something"},
      {"DROP TRIGGER usage_lasts; DELETE FROM usage WHERE prompt = 10", "requests kept"},
      {"DROP TRIGGER usage_lasts; DELETE FROM usage", "has no usage rows"},
      {"DELETE FROM usage_daily", "is missing"},
      {"UPDATE usage_daily SET cost = cost + 1", "summed"},
      {"UPDATE usage_daily SET completion = completion + 1", "tokens or written-off"},
      {"DROP TRIGGER usage_stays; UPDATE usage SET previous_id = 0", "not all linked"},
      {"INSERT INTO holds SELECT id, user_id, 1 FROM usage LIMIT 1", "settled and still held"},
      {"PRAGMA foreign_keys = OFF; UPDATE tokens SET user_id = 77", "every reference"},
      {"UPDATE tokens SET revision = 1000", "ahead"},
      {"INSERT INTO conversations VALUES (7, 'c-7', 1, 1)", "every conversation has messages"},
      {"DROP TRIGGER ledger_entries_last; DELETE FROM ledger_entries", "balance = credits - costs"},
  }));
  INFO(sql);
  const TempStore store;
  const ApiToken token = add_token(*store, add_user(*store, "ann", 1'000));
  const Price price = add_simple_price(*store);
  Settlement failed = settlement(request_id(kNoonMs, 3), token, price, 0, 0);
  failed.usage->status = UsageStatus::kFailed;
  must(store->commit({{},
                      {settlement(request_id(kNoonMs, 1), token, price, 10, 0),
                       settlement(request_id(kNoonMs, 2), token, price, 20, 5), failed}}));
  REQUIRE(faults_of(*store).empty());
  {
    SQLite::Database shell(store.path(), SQLite::OPEN_READWRITE);
    shell.exec(sql);
  }
  const std::string faults = faults_of(*store);
  INFO(faults);
  CHECK(faults.find(found) != std::string::npos);
}

TEST_CASE("rows that must stay refuse to be changed") {
  const TempStore store;
  const ApiToken token = add_token(*store, add_user(*store, "ann", 1'000));
  const Price price = add_simple_price(*store);
  must(store->commit({{}, {settlement(request_id(kNoonMs, 1), token, price, 10, 0)}}));
  SQLite::Database shell(store.path(), SQLite::OPEN_READWRITE);
  for (const char* table : {"usage", "prices", "ledger_entries"}) {
    INFO(table);
    CHECK(shell.tryExec(std::string("DELETE FROM ") + table) != 0);
    CHECK(shell.tryExec(std::string("UPDATE ") + table + " SET id = id + 1") != 0);
  }
  CHECK(shell.tryExec("INSERT INTO users VALUES (9, 'x', 'USD', 'much', 0, 0, '', 0, 0)") != 0);
  CHECK(faults_of(*store).empty());
}

}  // namespace
}  // namespace chatgate
