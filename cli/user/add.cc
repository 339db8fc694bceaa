#include "cli/user/add.h"

#include "cli/commands.h"
#include "cli/user/users.h"

namespace chatgate {
namespace {

Result<Money> parse_opening(const std::string& text, const Unit& unit) {
  if (text.empty()) return Money{};
  auto amount = parse_money(text, unit);
  if (amount && amount->is_negative()) {
    return fail(ErrorCode::kInvalidArgument, "--balance: " + text + " is below zero");
  }
  if (!amount) amount.error().message.insert(0, "--balance: ");
  return amount;
}

}  // namespace

void register_user_add(CLI::App& noun, Context& context) {
  auto options = std::make_shared<UserAddOptions>();
  CLI::App* verb =
      add_verb(noun, "add", "add an account",
               "  chatgate user add alice --balance 25\n"
               "  chatgate user add team --unit tokens --balance 2M --note 'until May'\n"
               "  chatgate user add monitor --unmetered\n"
               "  chatgate user add ann --password-stdin < password.txt");
  verb->add_option("NAME", options->name, "1 to 64 letters, digits and . _ - @")
      ->type_name("")
      ->check(offers(""))
      ->required();
  verb->add_option("--unit", options->unit, "currency, or tokens (default: USD)")
      ->type_name("UNIT")
      ->check(offers("USD,EUR,CNY,tokens"));
  verb->add_option("--balance", options->balance, "opening credit (default: none)")
      ->type_name("AMOUNT");
  verb->add_flag("--unmetered", options->unmetered, "never refuse for the balance; still record");
  verb->add_flag("--password-stdin", options->reads_password,
                 "read a password from standard input; its hash is kept");
  verb->add_option("--note", options->note, "a remark for yourself")->type_name("TEXT");
  bind(verb, options, context, run_user_add);
}

Result<void> run_user_add(const UserAddOptions& options, Context& context) {
  if (auto checked = check_user_name(options.name); !checked) return checked;
  const auto unit = parse_unit(options.unit);
  if (!unit) return tl::unexpected(unit.error());
  const auto opening = parse_opening(options.balance, *unit);
  if (!opening) return tl::unexpected(opening.error());

  User user;
  user.name = options.name;
  user.unit = *unit;
  user.unmetered = options.unmetered;
  user.note = options.note;
  user.created_at = context.now();
  if (options.reads_password) {
    auto hash = read_password_hash(context);
    if (!hash) return tl::unexpected(hash.error());
    user.password_hash = std::move(*hash);
  }
  const auto store = context.open_store(OpenMode::kCreate);
  if (!store) return tl::unexpected(store.error());
  const auto added = (*store)->add_user(user, *opening);
  if (!added) return tl::unexpected(added.error());
  context.print_one(table_of_users({*added}));
  return {};
}

}  // namespace chatgate
