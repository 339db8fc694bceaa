#include "cli/token/add.h"

#include <algorithm>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "cli/token/tokens.h"
#include "cli/user/users.h"
#include "common/secrets/secrets.h"
#include "common/text/quantity.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

bool is_space_or_control(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

Result<void> check_models(const std::vector<std::string>& models) {
  for (const auto& model : models) {
    if (model.empty() || model.find('*') < model.size() - 1) {
      return fail(ErrorCode::kInvalidArgument,
                  "--models: " + quote(model) +
                      " is neither a model's name nor a beginning that ends in *");
    }
    if (std::ranges::any_of(model, is_space_or_control)) {
      return fail(ErrorCode::kInvalidArgument,
                  "--models: " + quote(model) + " holds a space, which no model's name does");
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

Result<void> parse_limits(const TokenAddOptions& options, ApiToken& token) {
  const auto parse = [](const char* option, const std::string& text, int64_t& limit) {
    return parse_count(text).map([&](int64_t count) { limit = count; }).map_error([&](Error error) {
      error.message.insert(0, std::string(option) + ": ");
      return error;
    });
  };
  if (auto parsed = parse("--rpm", options.requests_per_minute, token.requests_per_minute);
      !parsed) {
    return parsed;
  }
  if (auto parsed = parse("--tpm", options.tokens_per_minute, token.tokens_per_minute); !parsed) {
    return parsed;
  }
  return parse("--parallel", options.parallel_requests, token.parallel_requests);
}

// The key that was given, sealed; empty when none is wanted.
Result<std::string> read_sealed_key(const TokenAddOptions& options, Context& context) {
  if (!options.reads_upstream_key) return std::string();
  const auto config = context.admin_config();
  if (!config) return tl::unexpected(config.error());
  const auto master_key = load_master_key(config->master_key_file);
  if (!master_key) return fail(ErrorCode::kInvalidArgument, master_key.error().message);
  const auto key = read_secret(context, "upstream key");
  if (!key) return key;
  if (const auto checked = check_upstream_key(*key); !checked) {
    return fail(checked.error().code, "--upstream-key-stdin: " + checked.error().message);
  }
  return seal(*key, *master_key);
}

Result<ApiToken> token_of(const TokenAddOptions& options, Context& context) {
  ApiToken token;
  if (auto checked = check_models(options.models); !checked) {
    return tl::unexpected(std::move(checked.error()));
  }
  const auto expires_at = parse_expiry(options.expires, context.now());
  if (!expires_at) return tl::unexpected(expires_at.error());
  if (auto parsed = parse_limits(options, token); !parsed) {
    return tl::unexpected(std::move(parsed.error()));
  }
  auto sealed_key = read_sealed_key(options, context);
  if (!sealed_key) return tl::unexpected(std::move(sealed_key.error()));
  token.name = options.name;
  token.created_at = context.now();
  token.expires_at = *expires_at;
  token.allowed_models = options.models;
  token.sealed_upstream_key = std::move(*sealed_key);
  return token;
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
  verb->add_option("--rpm", options->requests_per_minute,
                   "requests per minute: 60, 2k (0: unlimited)")
      ->type_name("N");
  verb->add_option("--tpm", options->tokens_per_minute,
                   "tokens per minute: 90k, 1.5M (0: unlimited)")
      ->type_name("N");
  verb->add_option("--parallel", options->parallel_requests, "requests at a time (0: unlimited)")
      ->type_name("N");
  verb->add_flag("--upstream-key-stdin", options->reads_upstream_key,
                 "read the user's own upstream key from standard input; it is kept sealed");
  bind(verb, options, context, run_token_add);
}

Result<void> run_token_add(const TokenAddOptions& options, Context& context) {
  auto token = token_of(options, context);
  if (!token) return tl::unexpected(std::move(token.error()));
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto user = require_user(**store, options.user);
  if (!user) return tl::unexpected(user.error());

  token->user_id = user->id;
  return issue_token(**store, std::move(*token), user->name, context).map([](const auto&) {});
}

}  // namespace chatgate
