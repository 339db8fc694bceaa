#include "cli/user/budget.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {
namespace {

Result<Budget> parse_budget(const UserBudgetOptions& options, const Unit& unit) {
  auto limit = parse_money(options.limit, unit);
  if (limit && limit->is_negative()) {
    limit =
        fail(ErrorCode::kInvalidArgument, options.limit + " is below zero; --none ends the budget");
  }
  if (!limit) return fail(ErrorCode::kInvalidArgument, "--limit: " + limit.error().message);
  const auto period = parse_budget_period(options.every);
  if (!period) return fail(ErrorCode::kInvalidArgument, "--every: " + period.error().message);
  return Budget{*limit, *period};
}

Result<Table> table_of_budget(Store& store, const User& user, Timestamp now) {
  Table table{{{"name", "NAME"},
               {"limit", "LIMIT", true},
               {"every", "EVERY"},
               {"spent", "SPENT", true},
               {"left", "LEFT", true},
               {"unit", "UNIT"},
               {"since", "SINCE"},
               {"renews_at", "RENEWS"}},
              {}};
  if (!user.budget) {
    table.rows.push_back({text_cell(user.name), empty_cell(), empty_cell(), empty_cell(),
                          empty_cell(), text_cell(user.unit.code), empty_cell(), empty_cell()});
    return table;
  }
  const auto [limit, period] = *user.budget;
  const BudgetDays days = days_around(period, day_of(now));
  const auto charges = store.list_daily_charges(user.id, days.first, days.end);
  if (!charges) return tl::unexpected(charges.error());
  Money spent;
  for (const auto& charge : *charges) spent = spent + charge.cost;
  table.rows.push_back({text_cell(user.name), money_cell(limit, user.unit),
                        text_cell(name_of(period)), money_cell(spent, user.unit),
                        money_cell(limit - spent, user.unit), text_cell(user.unit.code),
                        time_cell(start_of_day(days.first)), time_cell(start_of_day(days.end))});
  return table;
}

}  // namespace

void register_user_budget(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserBudgetOptions>();
  CLI::App* verb = add_verb(noun, "budget", "bound what an account may spend in each period",
                            "  chatgate user budget alice --limit 5 --every day\n"
                            "  chatgate user budget alice\n"
                            "  chatgate user budget alice --none");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  auto* limit =
      verb->add_option("--limit", options->limit, "in the account's unit")->type_name("AMOUNT");
  auto* every = verb->add_option("--every", options->every, "day, week (from Monday) or month, UTC")
                    ->type_name("PERIOD");
  limit->needs(every);
  every->needs(limit);
  verb->add_flag("--none", options->none, "end the budget")->excludes(limit);
  bind(verb, options, context, run_user_budget);
}

Result<void> run_user_budget(const UserBudgetOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  auto user = require_user(**store, options.name);
  if (!user) return tl::unexpected(user.error());
  const bool is_new = !options.limit.empty() || !options.every.empty();
  if (is_new || options.none) {
    user->budget.reset();
    if (is_new) {
      const auto budget = parse_budget(options, user->unit);
      if (!budget) return tl::unexpected(budget.error());
      user->budget = *budget;
    }
    if (auto set = (*store)->set_budget(user->id, user->budget); !set) return set;
  }
  const auto table = table_of_budget(**store, *user, context.now());
  if (!table) return tl::unexpected(table.error());
  context.print_one(*table);
  return {};
}

}  // namespace chatgate
