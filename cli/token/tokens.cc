#include "cli/token/tokens.h"

#include <ostream>

#include "common/secrets/secrets.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

std::string state_of(const ApiToken& token, Timestamp now) {
  if (token.revoked_at) return "revoked";
  if (token.expires_at && *token.expires_at <= now) return "expired";
  return "valid";
}

}  // namespace

Result<ApiToken> require_token(Store& store, const std::string& text) {
  auto token = store.find_token(text);
  if (token || token.error().code != ErrorCode::kNotFound) return token;
  NearMiss near_miss(text);
  const auto visited = store.for_each_token(
      std::nullopt, [&](const ApiToken& known) { near_miss.offer(known.prefix); });
  if (!visited) return tl::unexpected(visited.error());
  // A whole token is a secret even when it is none of ours.
  const std::string shown = text.size() > 24 ? mask(text) : text;
  return fail(ErrorCode::kNotFound, "no token " + quote(shown) + did_you_mean(near_miss.best()));
}

std::string describe_token(const ApiToken& token, const std::string& user) {
  return "token " + std::to_string(token.id.value) + " (" + token.prefix + "…) of " + user;
}

void print_new_token(const std::string& text, const ApiToken& token, const std::string& user,
                     Context& context) {
  if (context.format == Format::kJson || context.format == Format::kJsonLines) {
    Table table{{{"token", "TOKEN"}}, {{text_cell(text)}}};
    for (auto& column : columns_of_tokens()) table.columns.push_back(std::move(column));
    for (auto& cell : row_of_token(token, user, context.now())) {
      table.rows.front().push_back(std::move(cell));
    }
    context.print_one(table);
  } else {
    context.out() << text << '\n';
  }
  const std::string expiry =
      token.expires_at ? ", until " + format_minute(*token.expires_at) : std::string();
  context.hint(describe_token(token, user) + expiry + "; keep it now, it is not shown again");
}

Result<void> print_token(Store& store, const ApiToken& token, Context& context) {
  return store.find_user(token.user_id).map([&](const User& user) {
    context.print_one({columns_of_tokens(), {row_of_token(token, user.name, context.now())}});
  });
}

std::vector<Column> columns_of_tokens() {
  return {{"id", "ID", true},        {"prefix", "PREFIX"},
          {"user", "USER"},          {"name", "NAME"},
          {"state", "STATE"},        {"created_at", ""},
          {"expires_at", "EXPIRES"}, {"revoked_at", ""},
          {"models", "MODELS"},      {"requests_per_minute", ""},
          {"tokens_per_minute", ""}, {"parallel_requests", ""},
          {"own_upstream_key", ""}};
}

std::vector<Cell> row_of_token(const ApiToken& token, const std::string& user, Timestamp now) {
  Cell models = text_cell(join_list(token.allowed_models));
  if (token.allowed_models.empty()) models.text = "all";
  return {number_cell(token.id.value),
          text_cell(token.prefix),
          text_cell(user),
          text_cell(token.name),
          text_cell(state_of(token, now)),
          time_cell(token.created_at),
          time_cell(token.expires_at),
          time_cell(token.revoked_at),
          std::move(models),
          count_cell(token.requests_per_minute),
          count_cell(token.tokens_per_minute),
          count_cell(token.parallel_requests),
          boolean_cell(!token.sealed_upstream_key.empty())};
}

}  // namespace chatgate
