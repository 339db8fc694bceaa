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

TEMPLATE_LIST_TEST_CASE("a renamed user keeps its id and frees its old name", "[contract]",
                        Databases) {
  const TestType database;
  const auto store = database.open();
  const User ann = add_user(*store, "ann", 5);
  add_user(*store, "bob", 0);
  must(store->rename_user(ann.id, "anna"));
  CHECK(must(store->find_user("anna")).id == ann.id);
  CHECK(must(store->find_user(ann.id)).name == "anna");
  CHECK(store->find_user("ann").error().code == ErrorCode::kNotFound);
  CHECK(store->rename_user(ann.id, "bob").error().code == ErrorCode::kAlreadyExists);
  CHECK(store->rename_user(ann.id, "a b").error().code == ErrorCode::kInvalidArgument);
  CHECK(store->rename_user({99}, "eve").error().code == ErrorCode::kNotFound);
  CHECK(store->rename_user(ann.id, "anna").has_value());
  CHECK(add_user(*store, "ann", 0).id != ann.id);
}

TEMPLATE_LIST_TEST_CASE("a password's hash is kept as given", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  User user;
  user.name = "ann";
  user.password_hash = "$argon2id$one";
  const UserId id = must(store->add_user(user, {})).id;
  CHECK(must(store->find_user("ann")).password_hash == "$argon2id$one");
  must(store->set_password_hash(id, "$argon2id$two"));
  CHECK(must(store->find_user("ann")).password_hash == "$argon2id$two");
  CHECK(store->set_password_hash({99}, "x").error().code == ErrorCode::kNotFound);
}

TEMPLATE_LIST_TEST_CASE("a budget is set, changed and ended", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", 0);
  CHECK_FALSE(user.budget);
  for (const auto period : {BudgetPeriod::kDay, BudgetPeriod::kWeek, BudgetPeriod::kMonth}) {
    const Budget budget{{7}, period};
    must(store->set_budget(user.id, budget));
    CHECK(must(store->find_user("ann")).budget == budget);
  }
  CHECK(store->set_budget(user.id, Budget{{-1}, {}}).error().code == ErrorCode::kInvalidArgument);
  must(store->set_budget(user.id, Budget{{0}, BudgetPeriod::kDay}));
  CHECK(must(store->find_user("ann")).budget->limit == Money{0});
  must(store->set_budget(user.id, std::nullopt));
  CHECK_FALSE(must(store->find_user("ann")).budget);
  CHECK(store->set_budget({99}, std::nullopt).error().code == ErrorCode::kNotFound);
}

TEMPLATE_LIST_TEST_CASE("a user's limits are set, changed and ended", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", 0);
  CHECK(user.limits == RequestLimits{});
  const Revision before = must(store->for_each_change_since(0, {}));
  const RequestLimits limits{60, 90'000, 4};
  must(store->set_user_limits(user.id, limits));
  CHECK(must(store->find_user("ann")).limits == limits);
  RequestLimits seen;
  ChangeVisitor visitor;
  visitor.user = [&](const User& changed) { seen = changed.limits; };
  must(store->for_each_change_since(before, visitor));
  CHECK(seen == limits);
  for (const RequestLimits& wrong : {RequestLimits{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}}) {
    CHECK(store->set_user_limits(user.id, wrong).error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(must(store->find_user("ann")).limits == limits);
  must(store->set_user_limits(user.id, {}));
  CHECK(must(store->find_user("ann")).limits == RequestLimits{});
  CHECK(store->set_user_limits({99}, {}).error().code == ErrorCode::kNotFound);
  must(store->archive_user(user.id, {kNoonMs}));
  CHECK(store->set_user_limits(user.id, {}).error().code == ErrorCode::kRefused);

  User limited;
  limited.name = "bob";
  limited.limits = limits;
  CHECK(must(store->add_user(limited, {})).limits == limits);
}

TEMPLATE_LIST_TEST_CASE("an archived user's tokens are revoked, and it gets no more", "[contract]",
                        Databases) {
  const TestType database;
  const auto store = database.open();
  const User ann = add_user(*store, "ann", 5);
  const ApiToken token = add_token(*store, ann);
  const ApiToken other = add_token(*store, add_user(*store, "bob", 0));
  must(store->archive_user(ann.id, {kNoonMs}));
  must(store->archive_user(ann.id, {kNoonMs + 1}));
  const User archived = must(store->find_user("ann"));
  CHECK(archived.archived_at == Timestamp{kNoonMs});
  CHECK_FALSE(archived.blocked);  // that is another matter
  const auto find = [&](const ApiToken& wanted) {
    return must(store->find_token(std::to_string(wanted.id.value)));
  };
  CHECK(find(token).revoked_at == Timestamp{kNoonMs});
  CHECK_FALSE(find(other).revoked_at);
  CHECK(store->set_user_blocked(ann.id, false).error().code == ErrorCode::kRefused);
  ApiToken further = token;
  further.hash = hash_of_token("further");
  CHECK(store->add_token(further).error().code == ErrorCode::kRefused);
  CHECK(store->set_budget(ann.id, std::nullopt).error().code == ErrorCode::kRefused);
  Credit credit;
  credit.user_id = ann.id;
  credit.amount = {1};
  CHECK(store->credit(credit).error().code == ErrorCode::kRefused);
  must(store->set_user_blocked(ann.id, true));

  must(store->unarchive_user(ann.id));
  const User back = must(store->find_user("ann"));
  CHECK_FALSE(back.archived_at);
  CHECK(back.blocked);
  CHECK(find(token).revoked_at.has_value());
  CHECK(store->add_token(further).has_value());
  CHECK(store->archive_user({99}, {}).error().code == ErrorCode::kNotFound);
  CHECK(store->unarchive_user({99}).error().code == ErrorCode::kNotFound);
}

TEMPLATE_LIST_TEST_CASE("only a user without a history is removed", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User credited = add_user(*store, "credited", 1);
  const User running = add_user(*store, "running", 0, true);
  must(store->commit({{{request_id(kNoonMs, 1), running.id, {0}}}, {}}));
  const User used = add_user(*store, "used", 0, true);
  const ApiToken used_token = add_token(*store, used);
  must(store->commit(
      {{}, {settlement(request_id(kNoonMs, 2), used_token, add_simple_price(*store), 0, 0)}}));
  for (const User& user : {credited, running, used}) {
    CHECK(store->remove_user(user.id, {kNoonMs}).error().code == ErrorCode::kRefused);
  }
  CHECK(store->remove_user({99}, {kNoonMs}).error().code == ErrorCode::kNotFound);

  const User idle = add_user(*store, "idle", 0);
  const ApiToken token = add_token(*store, idle);
  const Revision before = must(store->for_each_change_since(0, {}));
  must(store->remove_user(idle.id, {kNoonMs}));
  CHECK(store->find_user("idle").error().code == ErrorCode::kNotFound);
  CHECK(store->find_user(idle.id).error().code == ErrorCode::kNotFound);
  CHECK(store->find_user("#" + std::to_string(idle.id.value)).error().code == ErrorCode::kNotFound);
  CHECK(must(store->list_users()).size() == 3);
  for (const std::string& name : {std::to_string(token.id.value), token.prefix}) {
    CHECK(store->find_token(name).error().code == ErrorCode::kNotFound);
  }
  must(store->for_each_token(std::nullopt,
                             [&](const ApiToken& each) { CHECK(each.id == used_token.id); }));

  // A gateway learns that neither may be used, and no later account takes their place.
  bool is_blocked = false;
  bool is_revoked = false;
  ChangeVisitor visitor;
  visitor.user = [&](const User& user) { is_blocked |= user.id == idle.id && user.blocked; };
  visitor.token = [&](const ApiToken& each) {
    is_revoked |= each.id == token.id && each.revoked_at.has_value();
  };
  must(store->for_each_change_since(before, visitor));
  CHECK(is_blocked);
  CHECK(is_revoked);
  const User again = add_user(*store, "idle", 0);
  CHECK(again.id != idle.id);
  CHECK(add_token(*store, again).id != token.id);
  CHECK(faults_of(*store).empty());
}

TEMPLATE_LIST_TEST_CASE("a statement makes up the balance", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User ann = add_user(*store, "ann", 1'000);
  const ApiToken token = add_token(*store, ann);
  const Price price = add_simple_price(*store);
  for (int64_t i = 0; i < 6; ++i) {
    must(store->commit(
        {{}, {settlement(request_id(kNoonMs + i / 2 * kMsPerDay, i), token, price, i, i)}}));
  }
  const Statement statement = must(store->statement_of(ann.id));
  REQUIRE(statement.entries.size() == 1);
  REQUIRE(statement.charges.size() == 3);
  Money balance = statement.entries[0].amount;
  for (const auto& charge : statement.charges) {
    CHECK(charge.requests == 2);
    balance = balance - charge.cost;
  }
  CHECK(balance == statement.balance);
  CHECK(balance == must(store->find_user("ann")).balance);
  CHECK(store->statement_of({99}).error().code == ErrorCode::kNotFound);

  const int64_t day = day_of(Timestamp{kNoonMs});
  const auto charges = must(store->list_daily_charges(ann.id, day + 1, day + 2));
  REQUIRE(charges.size() == 1);
  CHECK(charges[0].day == day + 1);
  CHECK(charges[0].cost == Money{(2 + 3) * 3});
  CHECK(must(store->list_daily_charges(ann.id, day + 3, INT64_MAX)).empty());
  CHECK(must(store->list_daily_charges({99}, INT64_MIN, INT64_MAX)).empty());
}

TEMPLATE_LIST_TEST_CASE("a log-in changes as a whole or not at all", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const auto ann = add_user(*store, "ann", 0);
  add_user(*store, "bob", 0);
  must(store->set_login(ann.id, "anna", "hash 1"));
  CHECK(must(store->find_user(ann.id)).name == "anna");
  CHECK(must(store->find_user("anna")).password_hash == "hash 1");
  CHECK(store->set_login(ann.id, "bob", "hash 2").error().code == ErrorCode::kAlreadyExists);
  CHECK(store->set_login(ann.id, "a b", "hash 2").error().code == ErrorCode::kInvalidArgument);
  CHECK(store->set_login({99}, "carl", "hash 2").error().code == ErrorCode::kNotFound);
  CHECK(must(store->find_user("anna")).password_hash == "hash 1");
  must(store->set_login(ann.id, "anna", "hash 3"));  // its own name is not taken
  CHECK(must(store->find_user("anna")).password_hash == "hash 3");
}

TEMPLATE_LIST_TEST_CASE("an account keeps its model settings", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const auto ann = add_user(*store, "ann", 0);
  CHECK(must(store->find_user("ann")).model_settings.empty());
  must(store->set_model_settings(ann.id, R"({"model":"gpt-4o"})"));
  CHECK(must(store->find_user("ann")).model_settings == R"({"model":"gpt-4o"})");
}

}  // namespace
}  // namespace chatgate
