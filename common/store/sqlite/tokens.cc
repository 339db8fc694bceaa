#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

#define CHATGATE_TOKEN_COLUMNS                                                            \
  "id, user_id, hash, prefix, name, created_at, expires_at, revoked_at, allowed_models, " \
  "requests_per_minute, tokens_per_minute, parallel_requests, sealed_upstream_key"

constexpr const char* kInsertToken =
    "INSERT INTO tokens (user_id, hash, prefix, name, created_at, expires_at, revoked_at, "
    "allowed_models, requests_per_minute, tokens_per_minute, parallel_requests, "
    "sealed_upstream_key, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kSelectTokenById =
    "SELECT " CHATGATE_TOKEN_COLUMNS " FROM tokens WHERE id = ?";
constexpr const char* kSelectTokenByHash =
    "SELECT " CHATGATE_TOKEN_COLUMNS " FROM tokens WHERE hash = ?";
// The prefixes that begin with a text: from it on, and before the text with one greatest character.
constexpr const char* kSelectTokensByPrefix =
    "SELECT " CHATGATE_TOKEN_COLUMNS
    " FROM tokens "
    "WHERE prefix >= ?1 AND prefix < ?1 || char(0x10ffff) "
    "AND user_id NOT IN (SELECT id FROM users WHERE name GLOB '#*') LIMIT 2";
// Some at a time, after an id. Those of removed accounts are gone with them.
constexpr const char* kSelectTokens =
    "SELECT " CHATGATE_TOKEN_COLUMNS
    " FROM tokens WHERE id > ? AND user_id NOT IN (SELECT id FROM users WHERE name GLOB '#*') "
    "ORDER BY id LIMIT 1000";
constexpr const char* kSelectTokensOfUser =
    "SELECT " CHATGATE_TOKEN_COLUMNS
    " FROM tokens WHERE user_id = ? AND id > ? ORDER BY id LIMIT 1000";
constexpr const char* kSelectTokensSince =
    "SELECT " CHATGATE_TOKEN_COLUMNS " FROM tokens WHERE revision > ?";
// The earlier one of two times stands.
constexpr const char* kUpdateRevoked =
    "UPDATE tokens SET revoked_at = ?1, revision = ?2 "
    "WHERE id = ?3 AND (revoked_at IS NULL OR revoked_at > ?1)";
constexpr const char* kUpdateRevokedOfUser =
    "UPDATE tokens SET revoked_at = ?1, revision = ?2 "
    "WHERE user_id = ?3 AND (revoked_at IS NULL OR revoked_at > ?1)";

#undef CHATGATE_TOKEN_COLUMNS

std::string to_json(const std::vector<std::string>& patterns) {
  return patterns.empty() ? std::string() : nlohmann::json(patterns).dump();
}

std::vector<std::string> patterns_of(const std::string& json) {
  if (json.empty()) return {};
  return nlohmann::json::parse(json).get<std::vector<std::string>>();
}

std::optional<int64_t> unix_ms_of(const std::optional<Timestamp>& time) {
  return time ? std::optional(time->unix_ms) : std::nullopt;
}
std::optional<Timestamp> time_of(std::optional<int64_t> unix_ms) {
  return unix_ms ? std::optional(Timestamp{*unix_ms}) : std::nullopt;
}

ApiToken read_api_token(const Query& row) {
  ApiToken token;
  token.id = {row.integer(0)};
  token.user_id = {row.integer(1)};
  row.copy_blob(2, token.hash);
  token.prefix = row.text(3);
  token.name = row.text(4);
  token.created_at = {row.integer(5)};
  token.expires_at = time_of(row.optional_integer(6));
  token.revoked_at = time_of(row.optional_integer(7));
  token.allowed_models = patterns_of(row.text(8));
  token.requests_per_minute = row.integer(9);
  token.tokens_per_minute = row.integer(10);
  token.parallel_requests = row.integer(11);
  token.sealed_upstream_key = row.text(12);
  return token;
}

std::optional<ApiToken> first_row(Query query) {
  return query.step() ? std::optional(read_api_token(query)) : std::nullopt;
}

// Writes a new row and reads it back.
ApiToken insert_token(Connection& connection, const ApiToken& token, Revision revision) {
  connection
      .query(kInsertToken, token.user_id.value, token.hash, token.prefix, token.name,
             token.created_at.unix_ms, unix_ms_of(token.expires_at), unix_ms_of(token.revoked_at),
             to_json(token.allowed_models), token.requests_per_minute, token.tokens_per_minute,
             token.parallel_requests, token.sealed_upstream_key, revision)
      .run();
  return *first_row(connection.query(kSelectTokenById, connection.last_insert_id()));
}

// Those of a removed account are gone with it.
std::optional<ApiToken> unless_removed(Connection& connection, std::optional<ApiToken> token) {
  return token && select_user(connection, token->user_id) ? std::move(token) : std::nullopt;
}

tl::unexpected<Error> no_token(TokenId id) {
  return fail(ErrorCode::kNotFound, "there is no token with the id " + std::to_string(id.value));
}

bool is_text_valid(const std::string& text) {
  try {
    [[maybe_unused]] const std::string dumped = nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;  // not UTF-8
  }
}

}  // namespace

void visit_changed_tokens(Connection& connection, Revision since, const ChangeVisitor& visitor) {
  if (!visitor.token) return;
  Query query = connection.query(kSelectTokensSince, since);
  while (query.step()) visitor.token(read_api_token(query));
}

Result<ApiToken> SqliteStore::add_token(const ApiToken& token) {
  if (!std::ranges::all_of(token.allowed_models, is_text_valid)) {
    return fail(ErrorCode::kInvalidArgument, "an allowed model's name is not valid UTF-8");
  }
  if (std::min({token.requests_per_minute, token.tokens_per_minute, token.parallel_requests}) < 0) {
    return fail(ErrorCode::kInvalidArgument, "a token's limit is negative: 0 means unlimited");
  }
  return connection_->write([&]() -> Result<ApiToken> {
    const std::optional<User> user = select_user(*connection_, token.user_id);
    if (!user) return no_user(token.user_id);
    if (auto checked = check_not_archived(*user); !checked) {
      return tl::unexpected<Error>(std::move(checked.error()));
    }
    if (first_row(connection_->query(kSelectTokenByHash, token.hash))) {
      return fail(ErrorCode::kAlreadyExists, "this token exists already: add another one");
    }
    return insert_token(*connection_, token, next_revision(*connection_));
  });
}

Result<void> SqliteStore::for_each_token(std::optional<UserId> user,
                                         const std::function<void(const ApiToken&)>& visit) {
  int64_t last_id = INT64_MIN;
  std::vector<ApiToken> page;
  do {
    page.clear();
    auto read = connection_->read([&]() -> Result<void> {
      Query query = user ? connection_->query(kSelectTokensOfUser, user->value, last_id)
                         : connection_->query(kSelectTokens, last_id);
      while (query.step()) page.push_back(read_api_token(query));
      return {};
    });
    if (!read) return read;
    for (const ApiToken& token : page) visit(token);
    if (!page.empty()) last_id = page.back().id.value;
  } while (!page.empty());
  return {};
}

Result<ApiToken> SqliteStore::find_token(std::string_view text) {
  return connection_->read([&]() -> Result<ApiToken> {
    int64_t id = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (fault == std::errc() && end == text.data() + text.size()) {
      auto token = first_row(connection_->query(kSelectTokenById, id));
      if ((token = unless_removed(*connection_, std::move(token)))) return *token;
    }
    auto whole = first_row(connection_->query(kSelectTokenByHash, hash_of_token(text)));
    if ((whole = unless_removed(*connection_, std::move(whole)))) return *whole;
    if (!text.empty()) {
      Query query = connection_->query(kSelectTokensByPrefix, text);
      if (query.step()) {
        ApiToken token = read_api_token(query);
        if (!query.step()) return token;
        return fail(ErrorCode::kInvalidArgument,
                    "several tokens begin with " + in_quotes(text) +
                        ": give more characters or the id; see `chatgate token list`");
      }
    }
    // A mistyped token is still a secret: no more of it is shown than a list would show.
    const bool is_long = text.size() > 20;
    return fail(ErrorCode::kNotFound,
                "there is no token " + in_quotes(is_long ? prefix_of_token(text) + "..." : text) +
                    ": see `chatgate token list`");
  });
}

Result<void> SqliteStore::revoke_token(TokenId id, Timestamp at) {
  return connection_->write([&]() -> Result<void> {
    if (!first_row(connection_->query(kSelectTokenById, id.value))) {
      return no_token(id);
    }
    connection_->query(kUpdateRevoked, at.unix_ms, next_revision(*connection_), id.value).run();
    return {};
  });
}

void revoke_tokens(Connection& connection, UserId user, Timestamp at, Revision revision) {
  connection.query(kUpdateRevokedOfUser, at.unix_ms, revision, user.value).run();
}

}  // namespace chatgate::sqlite
