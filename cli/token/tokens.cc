#include "cli/token/tokens.h"

#include "common/text/quantity.h"

namespace chatgate {
namespace {

std::string state_of(const ApiToken& token, Timestamp now) {
  if (token.revoked_at) return "revoked";
  if (token.expires_at && *token.expires_at <= now) return "expired";
  return "valid";
}

}  // namespace

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
