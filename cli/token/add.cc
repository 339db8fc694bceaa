#include "cli/token/add.h"

#include <istream>
#include <ostream>

#include "cli/commands.h"
#include "cli/token/tokens.h"
#include "cli/user/users.h"
#include "common/secrets/secrets.h"
#include "common/text/quantity.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

Result<void> check_models(const std::vector<std::string>& models) {
  for (const auto& model : models) {
    if (model.empty() || model.find('*') < model.size() - 1) {
      return fail(ErrorCode::kInvalidArgument,
                  "--models: " + quote(model) +
                      " is neither a model's name nor a beginning that ends in *");
    }
  }
  return {};
}

Result<std::optional<Timestamp>> parse_expiry(const std::string& text, Timestamp now) {
  if (text.empty()) return std::optional<Timestamp>();
  const auto time = parse_moment(text, now, Direction::kFuture);
  if (!time) return fail(ErrorCode::kInvalidArgument, "--expires: " + time.error().message);
  if (*time <= now) {
    return fail(ErrorCode::kInvalidArgument,
                "--expires: " + format_minute(*time) + " is not in the future");
  }
  return std::optional<Timestamp>(*time);
}

// The key on the first line of the input, sealed; empty when none is wanted.
Result<std::string> read_sealed_key(const TokenAddOptions& options, Context& context) {
  if (!options.reads_upstream_key) return std::string();
  const auto config = context.admin_config();
  if (!config) return tl::unexpected(config.error());
  const auto master_key = load_master_key(config->master_key_file);
  if (!master_key) return fail(ErrorCode::kInvalidArgument, master_key.error().message);
  std::string line;
  std::getline(context.in(), line);
  const std::string_view key = trim(line);
  if (key.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "--upstream-key-stdin: standard input has no key on its first line");
  }
  if (key.find_first_of(" \t") != key.npos) {
    return fail(ErrorCode::kInvalidArgument, "--upstream-key-stdin: the key has a space in it");
  }
  return seal(key, *master_key);
}

Result<ApiToken> describe_token(const TokenAddOptions& options, Context& context) {
  ApiToken token;
  if (auto checked = check_models(options.models); !checked) {
    return tl::unexpected(std::move(checked.error()));
  }
  const auto expires_at = parse_expiry(options.expires, context.now());
  if (!expires_at) return tl::unexpected(expires_at.error());
  auto sealed_key = read_sealed_key(options, context);
  if (!sealed_key) return tl::unexpected(std::move(sealed_key.error()));
  token.name = options.name;
  token.created_at = context.now();
  token.expires_at = *expires_at;
  token.allowed_models = options.models;
  token.requests_per_minute = options.requests_per_minute;
  token.tokens_per_minute = options.tokens_per_minute;
  token.parallel_requests = options.parallel_requests;
  token.sealed_upstream_key = std::move(*sealed_key);
  return token;
}

// In JSON an object with the rest beside it, otherwise the token and nothing else.
void print_token(const std::string& text, const ApiToken& token, const User& user,
                 Context& context) {
  if (context.format == Format::kJson || context.format == Format::kJsonLines) {
    Table table{{{"token", "TOKEN"}}, {{text_cell(text)}}};
    for (auto& column : columns_of_tokens()) table.columns.push_back(std::move(column));
    for (auto& cell : row_of_token(token, user.name, context.now())) {
      table.rows.front().push_back(std::move(cell));
    }
    context.print_one(table);
  } else {
    context.out() << text << '\n';
  }
  context.hint("token " + std::to_string(token.id.value) + " (" + token.prefix + "…) of " +
               user.name + "; keep it now, it is not shown again");
}

}  // namespace

void register_token_add(CLI::App& noun, Context& context) {
  auto options = std::make_shared<TokenAddOptions>();
  CLI::App* verb = add_verb(noun, "add", "make a token for an account and print it, once",
                            "  chatgate token add alice --name laptop --expires 90d\n"
                            "  chatgate token add alice --models 'gpt-4o,o3*' --rpm 60\n"
                            "  chatgate token add alice --upstream-key-stdin < key.txt");
  verb->add_option("USER", options->user, "the account that pays")->type_name("")->required();
  verb->add_option("--name", options->name, "a label to tell it by")->type_name("LABEL");
  verb->add_option("--expires", options->expires, "30d, 2026-12-01 (default: never)")
      ->type_name("TIME");
  verb->add_option("--models", options->models, "models it may use, a* for beginnings")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("LIST");
  verb->add_option("--rpm", options->requests_per_minute, "requests per minute")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  verb->add_option("--tpm", options->tokens_per_minute, "tokens per minute")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  verb->add_option("--parallel", options->parallel_requests, "requests at a time")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  verb->add_flag("--upstream-key-stdin", options->reads_upstream_key,
                 "read the user's own upstream key from standard input; it is kept sealed");
  bind(verb, options, context, run_token_add);
}

Result<void> run_token_add(const TokenAddOptions& options, Context& context) {
  auto token = describe_token(options, context);
  if (!token) return tl::unexpected(std::move(token.error()));
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto user = require_user(**store, options.user);
  if (!user) return tl::unexpected(user.error());

  const std::string text = generate_api_token();
  token->user_id = user->id;
  token->hash = hash_of_token(text);
  token->prefix = prefix_of_token(text);
  const auto added = (*store)->add_token(*token);
  if (!added) return tl::unexpected(added.error());
  print_token(text, *added, *user, context);
  return {};
}

}  // namespace chatgate
