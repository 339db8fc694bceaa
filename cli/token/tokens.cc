#include "cli/token/tokens.h"

#include <ostream>

#include "common/secrets/secrets.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

constexpr size_t kTokenBytes = 49;  // of generate_api_token

// People are told how long a grace lasts.
Cell state_cell(const ApiToken& token, Timestamp now) {
  if (is_revoked(token, now)) return text_cell("revoked");
  if (token.expires_at && *token.expires_at <= now) return text_cell("expired");
  Cell cell = text_cell("valid");
  if (token.revoked_at) cell.text += " until " + format_minute(*token.revoked_at);
  return cell;
}

void print_text(const std::string& text, const ApiToken& token, const std::string& user,
                Context& context) {
  if (context.format != Format::kJson && context.format != Format::kJsonLines) {
    context.out() << text << '\n';
    return;
  }
  Table table{{{"token", "TOKEN"}}, {{text_cell(text)}}};
  for (auto& column : columns_of_tokens()) table.columns.push_back(std::move(column));
  for (auto& cell : row_of_token(token, user, context.now())) {
    table.rows.front().push_back(std::move(cell));
  }
  context.print_one(table);
}

// A new token that nobody saw must not stay valid.
tl::unexpected<Error> take_back(Store& store, const ApiToken& token, const std::string& user,
                                Timestamp now) {
  const std::string what = "cannot write to standard output: " + describe_token(token, user);
  if (const auto revoked = store.revoke_token(token.id, now); !revoked) {
    return fail(ErrorCode::kInternal,
                what + " was not seen and could not be revoked (" + revoked.error().message +
                    "): do it with `chatgate token revoke " + std::to_string(token.id.value) + "`");
  }
  return fail(ErrorCode::kInternal,
              what + " was not seen and is revoked again; nothing else was changed");
}

}  // namespace

Result<ApiToken> require_token(Store& store, const std::string& text) {
  auto token = store.find_token(text);
  if (token || token.error().code != ErrorCode::kNotFound) return token;
  NearMiss near_miss(text);
  const auto visited = store.for_each_token(
      std::nullopt, [&](const ApiToken& known) { near_miss.offer(known.prefix); });
  if (!visited) return tl::unexpected(visited.error());
  // Beyond its prefix nothing but the hash of a whole token is known.
  const size_t prefix_bytes = prefix_of_token(std::string(kTokenBytes, '.')).size();
  const bool is_beginning = text.size() > prefix_bytes && text.size() < kTokenBytes;
  // A whole token is a secret even when it is none of ours.
  const std::string shown = text.size() > prefix_bytes ? mask(text) : text;
  return fail(ErrorCode::kNotFound,
              "no token " + quote(shown) +
                  (is_beginning ? ": give all of it, its id or its prefix, which is no more than " +
                                      std::to_string(prefix_bytes) + " characters"
                                : did_you_mean(near_miss.best())));
}

std::string describe_token(const ApiToken& token, const std::string& user) {
  return "token " + std::to_string(token.id.value) + " (" + token.prefix + "…) of " + user;
}

bool is_revoked(const ApiToken& token, Timestamp now) {
  return token.revoked_at && *token.revoked_at <= now;
}

Result<ApiToken> issue_token(Store& store, ApiToken token, const std::string& user,
                             Context& context) {
  const std::string text = generate_api_token();
  token.hash = hash_of_token(text);
  token.prefix = prefix_of_token(text);
  auto added = store.add_token(token);
  if (!added) return added;
  print_text(text, *added, user, context);
  if (!context.flush()) return take_back(store, *added, user, context.now());
  const std::string expiry =
      added->expires_at ? ", until " + format_minute(*added->expires_at) : std::string();
  context.hint(describe_token(*added, user) + expiry + "; keep it now, it is not shown again");
  return added;
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
          state_cell(token, now),
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
