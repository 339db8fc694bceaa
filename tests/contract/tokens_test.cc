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

TEMPLATE_LIST_TEST_CASE("the earlier of two revocations stands", "[contract]", Databases) {
  const TestType database;
  const auto store = database.open();
  const User ann = add_user(*store, "ann", 0);
  const ApiToken token = add_token(*store, ann);
  const auto revoked_at = [&] {
    return must(store->find_token(std::to_string(token.id.value))).revoked_at;
  };
  must(store->revoke_token(token.id, {kNoonMs + 100}));
  must(store->revoke_token(token.id, {kNoonMs + 200}));
  CHECK(revoked_at() == Timestamp{kNoonMs + 100});
  must(store->revoke_token(token.id, {kNoonMs + 50}));
  CHECK(revoked_at() == Timestamp{kNoonMs + 50});
  must(store->archive_user(ann.id, {kNoonMs}));
  CHECK(revoked_at() == Timestamp{kNoonMs});
}

}  // namespace
}  // namespace chatgate
