#include "cli/ledger/show.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "cli/commands.h"
#include "cli/user/users.h"
#include "common/text/quantity.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

// Whole days, for charges are summed by day: [first, end).
struct Days {
  int64_t first = std::numeric_limits<int64_t>::min();
  int64_t end = std::numeric_limits<int64_t>::max();
};

Result<Days> parse_days(const LedgerShowOptions& options, Timestamp now) {
  Days days;
  if (!options.since.empty()) {
    const auto since = parse_moment(options.since, now, Direction::kPast);
    if (!since) return fail(ErrorCode::kInvalidArgument, "--since: " + since.error().message);
    days.first = day_of(*since);
  }
  if (!options.until.empty()) {
    const auto until = parse_moment(options.until, now, Direction::kPast);
    if (!until) return fail(ErrorCode::kInvalidArgument, "--until: " + until.error().message);
    days.end = day_of(Timestamp{until->unix_ms - 1}) + 1;
  }
  if (days.end <= days.first) {
    return fail(ErrorCode::kInvalidArgument, "--until " + quote(options.until) +
                                                 " leaves nothing after --since " +
                                                 quote(options.since));
  }
  return days;
}

// One line: an entry, or a day's charges.
struct Line {
  int64_t day = 0;
  const LedgerEntry* entry = nullptr;
  const DailyCharge* charge = nullptr;

  Money amount() const { return entry != nullptr ? entry->amount : Money{} - charge->cost; }
  auto order() const {
    return std::tuple(day, entry == nullptr, entry != nullptr ? entry->created_at : Timestamp{},
                      entry != nullptr ? entry->id : 0);
  }
};

std::vector<Line> lines_of(const Statement& statement) {
  std::vector<Line> lines;
  for (const auto& entry : statement.entries) {
    lines.push_back({day_of(entry.created_at), &entry, nullptr});
  }
  for (const auto& charge : statement.charges) {
    if (!charge.cost.is_zero()) lines.push_back({charge.day, nullptr, &charge});
  }
  std::ranges::sort(lines, {}, &Line::order);
  return lines;
}

std::vector<Cell> row_of(const Line& line, Money balance, const Unit& unit) {
  const bool is_entry = line.entry != nullptr;
  return {text_cell(format_date(start_of_day(line.day))),
          is_entry ? time_cell(line.entry->created_at) : empty_cell(),
          text_cell(is_entry ? line.entry->kind : "charges"),
          is_entry ? empty_cell() : number_cell(line.charge->requests),
          money_cell(line.amount(), unit),
          money_cell(balance, unit),
          text_cell(unit.code),
          text_cell(is_entry ? line.entry->note : "")};
}

std::vector<Cell> brought_forward(int64_t day, Money balance, const Unit& unit) {
  return {text_cell(format_date(start_of_day(day))),
          empty_cell(),
          text_cell("brought forward"),
          empty_cell(),
          empty_cell(),
          money_cell(balance, unit),
          text_cell(unit.code),
          text_cell("")};
}

Result<Table> table_of_statement(const Statement& statement, const Days& days, const Unit& unit) {
  Table table{{{"day", "DAY (UTC)"},
               {"created_at", ""},
               {"kind", "KIND", false, Weight::kKey},
               {"requests", "REQUESTS", true},
               {"amount", "AMOUNT", true, Weight::kMoney},
               {"balance_after", "BALANCE", true, Weight::kMoney},
               {"unit", "UNIT", false, Weight::kUnit},
               {"note", "NOTE", false, Weight::kDetail}},
              {}};
  std::optional<Money> balance = Money{};
  bool has_begun = days.first == std::numeric_limits<int64_t>::min();
  for (const auto& line : lines_of(statement)) {
    if (!has_begun && line.day >= days.first) {
      table.rows.push_back(brought_forward(days.first, *balance, unit));
      has_begun = true;
    }
    balance = checked_add(*balance, line.amount());
    if (!balance) break;
    if (line.day >= days.first && line.day < days.end) {
      table.rows.push_back(row_of(line, *balance, unit));
    }
  }
  if (balance != statement.balance) {
    return fail(ErrorCode::kInternal,
                "the entries do not make up the balance; see `chatgate ledger verify`");
  }
  if (!has_begun) table.rows.push_back(brought_forward(days.first, *balance, unit));
  return table;
}

}  // namespace

void register_ledger_show(CLI::App& noun, Context& context) {
  auto options = std::make_shared<LedgerShowOptions>();
  CLI::App* verb = add_verb(noun, "show", "an account's statement: credits and charges by day",
                            "  chatgate ledger show alice\n"
                            "  chatgate ledger show alice --since 2026-11-01 --until 2026-12-01");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  verb->add_option("--since", options->since, "7d, 2026-12-01: from that day on (UTC)")
      ->type_name("TIME");
  verb->add_option("--until", options->until, "first moment left out; its day is shown whole")
      ->type_name("TIME");
  bind(verb, options, context, run_ledger_show);
}

Result<void> run_ledger_show(const LedgerShowOptions& options, Context& context) {
  const auto days = parse_days(options, context.now());
  if (!days) return tl::unexpected(days.error());
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto user = require_user(**store, options.name);
  if (!user) return tl::unexpected(user.error());
  const auto statement = (*store)->statement_of(user->id);
  if (!statement) return tl::unexpected(statement.error());
  const auto table = table_of_statement(*statement, *days, user->unit);
  if (!table) return tl::unexpected(table.error());
  context.print_list(*table);
  return {};
}

}  // namespace chatgate
