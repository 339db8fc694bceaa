#include "cli/usage/usage_filter.h"

#include "cli/user/users.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

tl::unexpected<Error> fail_for(const std::string& option, const Error& error) {
  return fail(error.code, option + ": " + error.message);
}

Result<void> read_span(const UsageFilterOptions& options, const TimeZone& zone, Timestamp now,
                       UsageFilter& filter) {
  if (!options.since.empty()) {
    const auto since = parse_moment(options.since, now, Direction::kPast, zone);
    if (!since) return fail_for("--since", since.error());
    filter.from = *since;
  }
  // The moment itself belongs to no span that ends with it, so a request that just ended is
  // included.
  filter.until = {now.unix_ms + 1};
  if (!options.until.empty()) {
    const auto until = parse_moment(options.until, now, Direction::kPast, zone);
    if (!until) return fail_for("--until", until.error());
    filter.until = *until;
  }
  if (filter.until <= filter.from) {
    return fail(ErrorCode::kInvalidArgument,
                "--until: " + format_minute(filter.until, zone) +
                    " is not later than --since: " + format_minute(filter.from, zone));
  }
  return {};
}

}  // namespace

void add_span_options(CLI::App& verb, UsageFilterOptions& options, const std::string& since_help) {
  verb.add_option("--since", options.since, since_help)->type_name("TIME");
  verb.add_option("--until", options.until, "first moment left out (default: now)")
      ->type_name("TIME");
}

void add_choice_options(CLI::App& verb, UsageFilterOptions& options) {
  verb.add_option("--user", options.user, "only this account")->type_name("NAME");
  verb.add_option("--token", options.token, "only this token: its id, its prefix or all of it")
      ->type_name("TOKEN");
  verb.add_option("--model", options.model, "only this model")->type_name("MODEL");
}

Result<TimeZone> find_time_zone(const UsageFilterOptions& options) {
  if (options.timezone.empty()) return TimeZone::utc();
  auto zone = TimeZone::find(options.timezone);
  if (!zone) return fail_for("--timezone", zone.error());
  return zone;
}

Result<UsageFilter> make_usage_filter(const UsageFilterOptions& options, const TimeZone& zone,
                                      Store& store, Timestamp now) {
  UsageFilter filter;
  if (auto read = read_span(options, zone, now, filter); !read) {
    return tl::unexpected(read.error());
  }
  if (!options.user.empty()) {
    const auto user = require_user(store, options.user);
    if (!user) return tl::unexpected(user.error());
    filter.user = user->id;
  }
  if (!options.token.empty()) {
    const auto token = store.find_token(options.token);
    if (!token) return tl::unexpected(token.error());
    filter.token = token->id;
  }
  if (!options.model.empty()) filter.model = options.model;
  return filter;
}

Result<void> check_model(Store& store, const std::string& model) {
  const auto prices = store.list_prices();
  if (!prices) return tl::unexpected(prices.error());
  NearMiss near_miss(model);
  for (const auto& price : *prices) {
    if (price.model == model) return {};
    near_miss.offer(price.model);
  }
  return fail(ErrorCode::kNotFound, "no model " + quote(model) + did_you_mean(near_miss.best()));
}

}  // namespace chatgate
