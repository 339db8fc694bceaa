#include <limits>

#include "tests/contract/databases.h"

namespace chatgate {
namespace {

TEMPLATE_LIST_TEST_CASE("a user is added with an opening credit", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  User wanted;
  wanted.name = "ann@example.org";
  wanted.unit = {"eur"};
  wanted.note = "first; \"customer\" ½";
  wanted.created_at = {kNoonMs};
  const User added = must(store->add_user(wanted, {5'000}));
  CHECK(added.id.value > 0);
  CHECK(added.unit.code == "EUR");

  const User found = must(store->find_user("ann@example.org"));
  CHECK(found.id == added.id);
  CHECK(found.balance == Money{5'000});
  CHECK(found.note == wanted.note);
  CHECK(found.created_at == wanted.created_at);
  CHECK_FALSE(found.unmetered);
  CHECK_FALSE(found.blocked);

  const auto entries = must(store->list_ledger_entries(added.id));
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].kind == "credit");
  CHECK(entries[0].amount == Money{5'000});
  CHECK(entries[0].balance_after == Money{5'000});
  CHECK(faults_of(*store).empty());
}

TEMPLATE_LIST_TEST_CASE("a user's name is valid and taken once", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  add_user(*store, "ann", 0);
  User user;
  user.name = "ann";
  CHECK(store->add_user(user, {}).error().code == ErrorCode::kAlreadyExists);
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a\n"), std::string("é"),
        std::string(65, 'x'), std::string("a\0b", 3), std::string("'; DROP TABLE users; --")}) {
    user.name = name;
    CHECK(store->add_user(user, {}).error().code == ErrorCode::kInvalidArgument);
  }
  user.name = std::string(64, 'x');
  CHECK(store->add_user(user, {}).has_value());
  user.name = "bob";
  CHECK_FALSE(store->add_user(user, {-1}).has_value());
  user.unit = {"dollars"};
  CHECK_FALSE(store->add_user(user, {}).has_value());
  CHECK(must(store->list_users()).size() == 2);
  CHECK(store->find_user("nobody").error().code == ErrorCode::kNotFound);
}

TEMPLATE_LIST_TEST_CASE("a user is blocked and let in again", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", 0);
  must(store->set_user_blocked(user.id, true));
  CHECK(must(store->find_user("ann")).blocked);
  must(store->set_user_blocked(user.id, false));
  CHECK_FALSE(must(store->find_user("ann")).blocked);
  CHECK(store->set_user_blocked({99}, true).error().code == ErrorCode::kNotFound);
}

TEMPLATE_LIST_TEST_CASE("credits and adjustments move the balance", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", 100);
  Credit credit;
  credit.user_id = user.id;
  credit.created_at = {kNoonMs};
  credit.note = "invoice 7";
  credit.amount = {50};
  CHECK(must(store->credit(credit)).balance_after == Money{150});

  credit.amount = {-1};
  CHECK(store->credit(credit).error().code == ErrorCode::kInvalidArgument);
  credit.amount = {0};
  CHECK(store->credit(credit).error().code == ErrorCode::kInvalidArgument);
  credit.is_adjustment = true;
  credit.amount = {-150};
  CHECK(must(store->credit(credit)).kind == "adjustment");
  credit.amount = {-1};
  CHECK(store->credit(credit).error().code == ErrorCode::kRefused);
  credit.user_id = {99};
  CHECK(store->credit(credit).error().code == ErrorCode::kNotFound);

  CHECK(must(store->find_user("ann")).balance == Money{0});
  const auto entries = must(store->list_ledger_entries(user.id));
  REQUIRE(entries.size() == 3);
  CHECK(entries[1].note == "invoice 7");
  CHECK(faults_of(*store).empty());
}

TEMPLATE_LIST_TEST_CASE("an adjustment leaves what running requests hold", "[contract]",
                        Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", 100);
  must(store->commit({{{request_id(kNoonMs, 1), user.id, {60}}}, {}}));
  Credit credit;
  credit.user_id = user.id;
  credit.is_adjustment = true;
  credit.amount = {-41};
  CHECK(store->credit(credit).error().code == ErrorCode::kRefused);
  credit.amount = {-40};
  CHECK(store->credit(credit).has_value());
}

TEMPLATE_LIST_TEST_CASE("a balance never leaves 64 bits", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", std::numeric_limits<int64_t>::max());
  Credit credit;
  credit.user_id = user.id;
  credit.amount = {1};
  CHECK(store->credit(credit).error().code == ErrorCode::kRefused);
  CHECK(faults_of(*store).empty());
}

TEMPLATE_LIST_TEST_CASE("a repeated idempotency key books once", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", 0);
  Credit credit;
  credit.user_id = user.id;
  credit.amount = {50};
  credit.idempotency_key = "payment-1";
  const LedgerEntry first = must(store->credit(credit));
  CHECK(must(store->credit(credit)).id == first.id);
  CHECK(must(store->find_user("ann")).balance == Money{50});

  credit.amount = {51};
  CHECK(store->credit(credit).error().code == ErrorCode::kAlreadyExists);
  credit.idempotency_key = "payment-2";
  CHECK(must(store->credit(credit)).id != first.id);
  CHECK(must(store->find_user("ann")).balance == Money{101});
}

}  // namespace
}  // namespace chatgate
