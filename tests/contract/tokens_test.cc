#include "tests/contract/databases.h"

namespace chatgate {
namespace {

TEMPLATE_LIST_TEST_CASE("a token keeps its scope", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", 0);
  ApiToken wanted;
  wanted.user_id = user.id;
  wanted.hash = hash_of_token("sk-cg-one");
  wanted.prefix = "sk-cg-one";
  wanted.name = "laptop";
  wanted.created_at = {kNoonMs};
  wanted.expires_at = Timestamp{kNoonMs + 1};
  wanted.allowed_models = {"gpt-*", "o\"3"};
  wanted.requests_per_minute = 10;
  wanted.tokens_per_minute = 20'000;
  wanted.parallel_requests = 3;
  wanted.sealed_upstream_key = "sealed";
  const ApiToken added = must(store->add_token(wanted));

  const ApiToken found = must(store->find_token(std::to_string(added.id.value)));
  CHECK(found.id == added.id);
  CHECK(found.user_id == user.id);
  CHECK(found.hash == wanted.hash);
  CHECK(found.prefix == wanted.prefix);
  CHECK(found.name == wanted.name);
  CHECK(found.created_at == wanted.created_at);
  CHECK(found.expires_at == wanted.expires_at);
  CHECK_FALSE(found.revoked_at.has_value());
  CHECK(found.allowed_models == wanted.allowed_models);
  CHECK(found.requests_per_minute == 10);
  CHECK(found.tokens_per_minute == 20'000);
  CHECK(found.parallel_requests == 3);
  CHECK(found.sealed_upstream_key == "sealed");

  CHECK(store->add_token(wanted).error().code == ErrorCode::kAlreadyExists);
  wanted.hash = hash_of_token("other");
  wanted.user_id = {99};
  CHECK(store->add_token(wanted).error().code == ErrorCode::kNotFound);
}

TEMPLATE_LIST_TEST_CASE("a token is found by id, by itself, by a unique prefix", "[contract]",
                        Databases) {
  const TestType database;
  const auto store = database.open();
  const User user = add_user(*store, "ann", 0);
  const auto add = [&](const std::string& text, const std::string& prefix) {
    ApiToken token;
    token.user_id = user.id;
    token.hash = hash_of_token(text);
    token.prefix = prefix;
    return must(store->add_token(token)).id;
  };
  const TokenId first = add("sk-cg-aaaa1111", "sk-cg-aaaa");
  const TokenId second = add("sk-cg-aabb2222", "sk-cg-aabb");

  CHECK(must(store->find_token("sk-cg-aaaa1111")).id == first);
  CHECK(must(store->find_token("sk-cg-aabb")).id == second);
  CHECK(must(store->find_token("sk-cg-aab")).id == second);
  CHECK(store->find_token("sk-cg-aa").error().code == ErrorCode::kInvalidArgument);
  for (const char* text : {"", "sk-cg-b", "sk-cg-aaaa9999", "99", "%", "sk-cg-aab_", "-1"}) {
    INFO(text);
    CHECK(store->find_token(text).error().code == ErrorCode::kNotFound);
  }
}

TEMPLATE_LIST_TEST_CASE("an error shows no whole token", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const std::string token = generate_api_token();
  const auto missing = store->find_token(token);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message.find(token.substr(0, 16)) == std::string::npos);
}

TEMPLATE_LIST_TEST_CASE("tokens are visited in order of id", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User ann = add_user(*store, "ann", 0);
  const User bob = add_user(*store, "bob", 0);
  const TokenId first = add_token(*store, ann).id;
  const TokenId second = add_token(*store, bob).id;
  const TokenId third = add_token(*store, ann).id;
  const auto visited = [&](std::optional<UserId> user) {
    std::vector<TokenId> ids;
    must(store->for_each_token(user, [&](const ApiToken& token) { ids.push_back(token.id); }));
    return ids;
  };
  CHECK(visited(std::nullopt) == std::vector{first, second, third});
  CHECK(visited(ann.id) == std::vector{first, third});
  CHECK(visited(UserId{99}).empty());
}

TEMPLATE_LIST_TEST_CASE("a revoked token stays revoked since the first time", "[contract]",
                        Databases) {
  const TestType database;
  const auto store = database.open();
  const ApiToken token = add_token(*store, add_user(*store, "ann", 0));
  must(store->revoke_token(token.id, {kNoonMs}));
  must(store->revoke_token(token.id, {kNoonMs + 5}));
  CHECK(must(store->find_token(std::to_string(token.id.value))).revoked_at == Timestamp{kNoonMs});
  CHECK(store->revoke_token({99}, {kNoonMs}).error().code == ErrorCode::kNotFound);
}

TEMPLATE_LIST_TEST_CASE("a long list of tokens is visited once each", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User ann = add_user(*store, "ann", 0);
  constexpr int64_t kTokens = 2'001;  // more than two pages
  ApiToken token;
  token.user_id = ann.id;
  for (int64_t i = 0; i < kTokens; ++i) {
    token.hash = hash_of_token(std::to_string(i));
    must(store->add_token(token));
  }
  for (const auto& user : {std::optional<UserId>(), std::optional(ann.id)}) {
    int64_t last = 0;
    int64_t visited = 0;
    must(store->for_each_token(user, [&](const ApiToken& each) {
      CHECK(each.id.value > std::exchange(last, each.id.value));
      if (++visited == 1) must(store->find_user(each.user_id));  // the visitor may use the store
    }));
    CHECK(visited == kTokens);
  }
}

TEMPLATE_LIST_TEST_CASE("a rotated token hands on all that it may do", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User ann = add_user(*store, "ann", 0);
  ApiToken old;
  old.user_id = ann.id;
  old.hash = hash_of_token("old");
  old.prefix = "sk-old";
  old.name = "laptop";
  old.created_at = {kNoonMs};
  old.expires_at = Timestamp{kNoonMs + 1'000};
  old.allowed_models = {"gpt-*"};
  old.requests_per_minute = 1;
  old.tokens_per_minute = 2;
  old.parallel_requests = 3;
  old.sealed_upstream_key = "sealed";
  old = must(store->add_token(old));
  const auto found = [&](TokenId id) { return must(store->find_token(std::to_string(id.value))); };

  const Rotation first{old.id, hash_of_token("new"), "sk-new", {kNoonMs + 10}, 100};
  const ApiToken fresh = must(store->rotate_token(first));
  CHECK(fresh.id != old.id);
  CHECK(fresh.hash == first.hash);
  CHECK(fresh.prefix == "sk-new");
  CHECK(fresh.created_at == Timestamp{kNoonMs + 10});
  CHECK(fresh.user_id == ann.id);
  CHECK(fresh.name == old.name);
  CHECK(fresh.expires_at == old.expires_at);
  CHECK(fresh.allowed_models == old.allowed_models);
  CHECK(fresh.requests_per_minute == 1);
  CHECK(fresh.tokens_per_minute == 2);
  CHECK(fresh.parallel_requests == 3);
  CHECK(fresh.sealed_upstream_key == "sealed");
  CHECK(found(old.id).expires_at == Timestamp{kNoonMs + 110});
  CHECK_FALSE(found(old.id).revoked_at);

  // A grace beyond the expiry prolongs nothing.
  must(store->rotate_token({fresh.id, hash_of_token("b"), "sk-b", {kNoonMs + 20}, 5'000}));
  CHECK(found(fresh.id).expires_at == Timestamp{kNoonMs + 1'000});
  // Without one the old token ends at once, for good.
  must(store->rotate_token({fresh.id, hash_of_token("c"), "sk-c", {kNoonMs + 30}, 0}));
  CHECK(found(fresh.id).revoked_at == Timestamp{kNoonMs + 30});
  const Rotation late{fresh.id, hash_of_token("d"), "sk-d", {kNoonMs + 40}, 0};
  CHECK(store->rotate_token(late).error().code == ErrorCode::kRefused);
  const Rotation expired{old.id, hash_of_token("d"), "sk-d", {kNoonMs + 110}, 0};
  CHECK(store->rotate_token(expired).error().code == ErrorCode::kRefused);
  const Rotation unknown{{99}, hash_of_token("d"), "sk-d", {kNoonMs}, 0};
  CHECK(store->rotate_token(unknown).error().code == ErrorCode::kNotFound);
  // All or nothing: a hash that exists leaves the old token as it is.
  const ApiToken last = must(store->find_token("sk-c"));
  CHECK_FALSE(store->rotate_token({last.id, last.hash, "sk-e", {kNoonMs + 50}, 0}));
  CHECK_FALSE(found(last.id).revoked_at);
}

}  // namespace
}  // namespace chatgate
