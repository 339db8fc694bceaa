#include "cli/user/recharge.h"

#include "cli/commands.h"
#include "cli/user/users.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

Result<Money> parse_amount(const UserRechargeOptions& options, const Unit& unit) {
  auto amount = parse_money(options.amount, unit);
  if (!amount) return amount;
  if (amount->is_zero()) return fail(ErrorCode::kInvalidArgument, "an amount of 0 changes nothing");
  if (amount->is_negative() && !options.adjust) {
    return fail(ErrorCode::kInvalidArgument,
                options.amount + " is below zero; to take credit away, add --adjust");
  }
  return amount;
}

Table table_of_entry(const LedgerEntry& entry, const User& user) {
  return {{{"id", ""},
           {"user", "USER"},
           {"kind", "KIND"},
           {"amount", "AMOUNT", true},
           {"balance_after", "BALANCE", true},
           {"unit", "UNIT"},
           {"note", "NOTE"},
           {"created_at", "TIME"}},
          {{number_cell(entry.id), text_cell(user.name), text_cell(entry.kind),
            money_cell(entry.amount, user.unit), money_cell(entry.balance_after, user.unit),
            text_cell(user.unit.code), text_cell(entry.note), time_cell(entry.created_at)}}};
}

}  // namespace

void register_user_recharge(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserRechargeOptions>();
  CLI::App* verb = add_verb(noun, "recharge", "add credit to an account",
                            "  chatgate user recharge alice 25\n"
                            "  chatgate user recharge alice 25 --idempotency-key invoice-2026-117\n"
                            "  chatgate user recharge alice -5 --adjust --note 'booked twice'");
  verb->add_option("NAME", options->name, "the account")->type_name("")->required();
  verb->add_option("AMOUNT", options->amount, "in the account's unit")->type_name("")->required();
  verb->add_option("--note", options->note, "a remark that stays with the entry")
      ->type_name("TEXT");
  verb->add_option("--idempotency-key", options->idempotency_key,
                   "a repeated key books nothing and shows the first entry")
      ->type_name("KEY");
  verb->add_flag("--adjust", options->adjust, "book a correction, which may be negative");
  bind(verb, options, context, run_user_recharge);
}

Result<void> run_user_recharge(const UserRechargeOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto user = require_user(**store, options.name);
  if (!user) return tl::unexpected(user.error());
  const auto amount = parse_amount(options, user->unit);
  if (!amount) return tl::unexpected(amount.error());

  Credit credit;
  credit.user_id = user->id;
  credit.amount = *amount;
  credit.is_adjustment = options.adjust;
  credit.note = options.note;
  credit.idempotency_key = options.idempotency_key;
  credit.created_at = context.now();
  const auto entry = (*store)->credit(credit);
  if (!entry) return tl::unexpected(entry.error());
  context.print_one(table_of_entry(*entry, *user));
  const std::string name = "entry " + std::to_string(entry->id);
  if (entry->is_repeated) {
    context.hint("this key was booked before, at " + format_minute(entry->created_at) + " as " +
                 name + "; nothing was booked now");
  }
  if (context.flush()) return {};
  return fail(ErrorCode::kInternal,
              "cannot write to standard output, but the amount is booked as " + name);
}

}  // namespace chatgate
