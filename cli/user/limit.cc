#include "cli/user/limit.h"

#include "cli/commands.h"
#include "cli/user/users.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

Result<void> change_limit(const char* option, const std::string& text, int64_t& limit) {
  if (text.empty()) return {};
  const auto count = parse_count(text);
  if (!count) {
    return fail(ErrorCode::kInvalidArgument, std::string(option) + ": " + count.error().message);
  }
  limit = *count;
  return {};
}

Result<RequestLimits> changed_limits(const UserLimitOptions& options, RequestLimits limits) {
  if (options.none) return RequestLimits{};
  return change_limit("--rpm", options.requests_per_minute, limits.requests_per_minute)
      .and_then([&] {
        return change_limit("--tpm", options.tokens_per_minute, limits.tokens_per_minute);
      })
      .and_then([&] {
        return change_limit("--parallel", options.parallel_requests, limits.parallel_requests);
      })
      .map([&] { return limits; });
}

// A person reads that there is no limit; a program the number 0.
Cell limit_cell(int64_t limit) {
  Cell cell = count_cell(limit);
  if (limit == 0) cell.text = "-";
  return cell;
}

Table table_of_limits(const User& user) {
  return {{{"name", "NAME"},
           {"requests_per_minute", "REQUESTS/MIN", true},
           {"tokens_per_minute", "TOKENS/MIN", true},
           {"parallel_requests", "PARALLEL", true}},
          {{text_cell(user.name), limit_cell(user.limits.requests_per_minute),
            limit_cell(user.limits.tokens_per_minute), limit_cell(user.limits.parallel_requests)}}};
}

}  // namespace

void register_user_limit(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserLimitOptions>();
  CLI::App* verb = add_verb(noun, "limit", "limit what an account's tokens may do together",
                            "  chatgate user limit alice --rpm 60 --tpm 90k --parallel 4\n"
                            "  chatgate user limit alice --parallel 0\n"
                            "  chatgate user limit alice\n"
                            "  chatgate user limit alice --none");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  auto* none = verb->add_flag("--none", options->none, "end all of its limits");
  verb->add_option("--rpm", options->requests_per_minute,
                   "requests per minute: 60, 2k (0: unlimited)")
      ->type_name("N")
      ->excludes(none);
  verb->add_option("--tpm", options->tokens_per_minute,
                   "tokens per minute: 90k, 1.5M (0: unlimited)")
      ->type_name("N")
      ->excludes(none);
  verb->add_option("--parallel", options->parallel_requests, "requests at a time (0: unlimited)")
      ->type_name("N")
      ->excludes(none);
  bind(verb, options, context, run_user_limit);
}

Result<void> run_user_limit(const UserLimitOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  auto user = require_user(**store, options.name);
  if (!user) return tl::unexpected(user.error());
  const auto limits = changed_limits(options, user->limits);
  if (!limits) return tl::unexpected(limits.error());
  if (*limits != user->limits) {
    if (auto set = (*store)->set_user_limits(user->id, *limits); !set) return set;
    user->limits = *limits;
  }
  context.print_one(table_of_limits(*user));
  return {};
}

}  // namespace chatgate
