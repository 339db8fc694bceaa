#include "server/books/standing_accounts.h"

#include <catch2/catch_all.hpp>

#include "common/secrets/secrets.h"
#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

struct Fixture {
  TempStore store;
  Config config;
  Result<void> make() { return make_standing_accounts(*store, config, {1'000}); }
};

TEST_CASE_METHOD(Fixture, "static users are made once and keep up with their passwords",
                 "[standing_accounts]") {
  config.static_users = {{"ann", "test"}, {"bob", "passwd2"}};
  must(make());
  const auto ann = must(store->find_user("ann"));
  CHECK(ann.unmetered);
  CHECK(ann.unit.is_tokens());
  CHECK(matches_password(ann.password_hash, "test"));
  CHECK(must(store->list_users()).size() == 2);

  must(make());
  CHECK(must(store->find_user("ann")).password_hash == ann.password_hash);  // not hashed again
  config.static_users["ann"] = "changed";
  must(make());
  const auto changed = must(store->find_user("ann"));
  CHECK(changed.id == ann.id);
  CHECK(matches_password(changed.password_hash, "changed"));
}

TEST_CASE_METHOD(Fixture, "an account that people pay for is not made unmetered",
                 "[standing_accounts]") {
  User user;
  user.name = "ann";
  user.unit = {"tokens"};
  user.password_hash = "as it was";
  user = must(store->add_user(user, {500}));
  config.static_users = {{"ann", "passwd1"}};
  const auto refused = make();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kRefused);
  CHECK(refused.error().message.find("ann") != std::string::npos);
  const auto kept = must(store->find_user("ann"));
  CHECK_FALSE(kept.unmetered);
  CHECK(kept.password_hash == "as it was");
}

TEST_CASE_METHOD(Fixture, "names and passwords that can be none are told", "[standing_accounts]") {
  config.static_users = {{"a b", "passwd1"}};
  CHECK(make().error().message.find("static_users") != std::string::npos);
  config.static_users = {{"ann", ""}};
  CHECK(make().error().message.find("ann") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "the guest is there when somebody may come without a token",
                 "[standing_accounts]") {
  must(make());
  CHECK(must(store->list_users()).empty());
  config.guest_account = "visitors";
  config.access_token = "x";
  must(make());
  const auto guest = must(store->find_user("visitors"));
  CHECK(guest.unmetered);
  CHECK(guest.password_hash.empty());
}

}  // namespace
}  // namespace chatgate
