#include "common/ledger/ledger.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>

#include "common/text/time_text.h"

namespace chatgate {
namespace {

std::string amount_text(Money amount, const Unit& unit) {
  return format_money(amount, unit) + " " + unit.code;
}

// Keeps a client from trying again at once.
tl::unexpected<Error> refuse(std::string message) {
  Error error{ErrorCode::kInsufficientQuota, std::move(message)};
  error.should_not_retry = true;
  return tl::unexpected<Error>(std::move(error));
}

tl::unexpected<Error> no_account(UserId user) {
  return fail(ErrorCode::kNotFound,
              "no account with the id " + std::to_string(user.value) + " is known here");
}

// balance - held where only an account without limits, or one that was adjusted below its holds,
// can be below zero. Stops at the least 64-bit number.
Money free_of(Money balance, Money held) {
  return checked_subtract(balance, held).value_or(Money{std::numeric_limits<int64_t>::min()});
}

}  // namespace

Ledger::Account* Ledger::find(UserId user) const {
  const std::shared_lock lock(accounts_mutex_);
  const auto found = accounts_.find(user);
  return found == accounts_.end() ? nullptr : found->second.get();
}

void Ledger::put_account(const User& user, const Spending& spending) {
  Account* account = find(user.id);
  if (account == nullptr) {
    const std::unique_lock lock(accounts_mutex_);
    std::unique_ptr<Account>& slot = accounts_[user.id];
    if (!slot) slot = std::make_unique<Account>();
    account = slot.get();
  }
  // Accounts are never erased, so the pointer outlives the map's lock.
  const std::lock_guard lock(account->mutex);
  learn_unit(*account, user.unit);
  account->balance = user.balance;
  account->unmetered = user.unmetered;
  if (account->budget || user.budget) learn_spending(*account, user, spending);
}

void Ledger::learn_unit(Account& account, const Unit& unit) {
  if (account.held_of_unit != nullptr && account.unit == unit) return;
  const std::lock_guard lock(units_mutex_);
  auto* held_of_unit = &held_by_unit_[unit.code];
  if (account.held_of_unit != nullptr) account.held_of_unit->fetch_sub(account.held.nanos);
  held_of_unit->fetch_add(account.held.nanos);
  account.held_of_unit = held_of_unit;
  account.unit = unit;
}

// The store's sums replace those that were moved on here. Of days before them the latter stay: they
// were exact as well.
void Ledger::learn_spending(Account& account, const User& user, const Spending& spending) {
  const bool was_known = account.budget.has_value();
  account.budget = user.budget;
  account.first_day =
      was_known ? std::min(account.first_day, spending.first_day) : spending.first_day;
  for (Day& day : account.days) {
    if (!user.budget || day.day >= spending.first_day) day.spent = Money{};
  }
  if (!user.budget) {
    std::erase_if(account.days, [](const Day& day) { return day.held.is_zero(); });
    return;
  }
  for (const DailyCharge& charge : spending.charges) {
    assert(charge.day >= spending.first_day && !charge.cost.is_negative());
    day_in(account, charge.day).spent = charge.cost;
  }
}

Ledger::Day& Ledger::day_in(Account& account, int64_t day) {
  auto place = account.days.end();  // most often the last one
  while (place != account.days.begin() && std::prev(place)->day >= day) --place;
  if (place == account.days.end() || place->day != day) {
    place = account.days.insert(place, Day{.day = day, .spent = {}, .held = {}});
  }
  return *place;
}

Result<Hold> Ledger::reserve(RequestId request, UserId user, Money amount) {
  assert(!amount.is_negative());
  Account* account = find(user);
  if (account == nullptr) return no_account(user);
  const std::lock_guard lock(account->mutex);
  Hold hold{request, user, Money{}};
  if (!account->unmetered || account->budget) {
    if (auto checked = check(*account, request, amount); !checked) {
      return tl::unexpected<Error>(std::move(checked.error()));
    }
    change_held(*account, hold, amount);
    hold.amount = amount;
    assert(account->unmetered || account->held <= account->balance);
    assert(!account->budget || check_budget(*account, request, Money{}));
  }
  ++account->holds;
  open_holds_.fetch_add(1, std::memory_order_relaxed);
  return hold;
}

Result<void> Ledger::adopt(const Hold& hold) {
  assert(!hold.amount.is_negative());
  Account* account = find(hold.user_id);
  if (account == nullptr) return no_account(hold.user_id);
  const std::lock_guard lock(account->mutex);
  if (!checked_add(account->held, hold.amount)) {
    return fail(ErrorCode::kRefused, "more would be held than can be counted");
  }
  change_held(*account, {hold.request_id, hold.user_id, Money{}}, hold.amount);
  ++account->holds;
  open_holds_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

bool Ledger::could_reserve(RequestId request, UserId user, Money amount) const {
  const Account* account = find(user);
  if (account == nullptr) return false;
  const std::lock_guard lock(account->mutex);
  return check(*account, request, amount).has_value();
}

Result<void> Ledger::check(const Account& account, RequestId request, Money amount) {
  if (!account.unmetered) {
    if (auto checked = check_balance(account, amount); !checked) return checked;
  }
  return account.budget ? check_budget(account, request, amount) : Result<void>();
}

// Two different answers: waiting helps against concurrent requests, only money against an empty
// account.
Result<void> Ledger::check_balance(const Account& account, Money amount) {
  if (free_of(account.balance, account.held) >= amount) return {};
  const std::string bound = " and this request may cost up to " + amount_text(amount, account.unit);
  if (account.balance >= amount) {
    return refuse(
        "the balance of " + amount_text(account.balance, account.unit) +
        " is reserved by concurrent requests: " + amount_text(account.held, account.unit) +
        " are held" + bound + "; wait for the others to finish or recharge the account");
  }
  return refuse("the balance is used up: " + amount_text(account.balance, account.unit) +
                " are left" + bound + "; recharge the account or lower max_tokens");
}

Result<void> Ledger::check_budget(const Account& account, RequestId request, Money amount) {
  const Budget& budget = *account.budget;
  const BudgetDays period = days_around(budget.period, day_of(request));
  if (period.first < account.first_day) {
    return refuse("this request began in a budget period that is long over; send it again");
  }
  constexpr Money kMost{std::numeric_limits<int64_t>::max()};
  Money spent;
  Money held;
  for (auto day = account.days.rbegin(); day != account.days.rend(); ++day) {
    if (day->day < period.first) break;
    if (!period.contains(day->day)) continue;
    spent = checked_add(spent, day->spent).value_or(kMost);
    held = checked_add(held, day->held).value_or(kMost);
  }
  const auto taken = checked_add(spent, held);
  const auto wanted = taken ? checked_add(*taken, amount) : std::nullopt;
  // The sum over all periods must stay countable, too.
  if (wanted && *wanted <= budget.limit && checked_add(account.held, amount)) return {};
  return refuse("the budget of " + amount_text(budget.limit, account.unit) + " a " +
                std::string(name_of(budget.period)) +
                " is used up: " + amount_text(spent, account.unit) + " are spent, " +
                amount_text(held, account.unit) +
                " reserved by running requests, and this request may cost up to " +
                amount_text(amount, account.unit) + "; it renews at " +
                format_minute(start_of_day(period.end)));
}

// What `hold` reserves becomes `amount`, in the account and on its day.
void Ledger::change_held(Account& account, const Hold& hold, Money amount) {
  assert(account.held >= hold.amount && !amount.is_negative());
  account.held = account.held - hold.amount + amount;
  if (hold.amount == amount) return;
  account.held_of_unit->fetch_add(amount.nanos - hold.amount.nanos, std::memory_order_relaxed);
  Day& day = day_in(account, day_of(hold.request_id));
  assert(day.held >= hold.amount);
  day.held = day.held - hold.amount + amount;
}

Charge Ledger::fix_charge(Hold& hold, Money cost) { return fix(hold, cost, true); }

Charge Ledger::fix_charge_within_hold(Hold& hold, Money cost) { return fix(hold, cost, false); }

Charge Ledger::fix(Hold& hold, Money cost, bool may_exceed) {
  assert(!cost.is_negative());
  Account* account = find(hold.user_id);
  assert(account != nullptr);
  const std::lock_guard lock(account->mutex);
  assert(account->holds > 0 && account->held >= hold.amount);
  const Money others = account->held - hold.amount;
  Charge charge{cost, Money{}};
  if (account->unmetered) {
    // Bounded only by what 64 bits can count, so that neither sum of the account can overflow.
    constexpr Money kLeast{std::numeric_limits<int64_t>::min()};
    constexpr Money kMost{std::numeric_limits<int64_t>::max()};
    const Money free = free_of(account->balance, others);
    const Money bearable = checked_subtract(free, kLeast).value_or(kMost);
    charge.charged = std::min({cost, bearable, kMost - others});
  } else if (cost > hold.amount) {
    const Money free = may_exceed ? free_of(account->balance, account->held) : Money{};
    charge.charged = hold.amount + std::min(cost - hold.amount, std::max(free, Money{}));
  }
  charge.written_off = cost - charge.charged;
  assert(!charge.written_off.is_negative());
  change_held(*account, hold, charge.charged);
  hold.amount = charge.charged;
  return charge;
}

void Ledger::change_hold(Hold& hold, Money amount) {
  Account* account = find(hold.user_id);
  assert(account != nullptr && !amount.is_negative());
  const std::lock_guard lock(account->mutex);
  assert(account->holds > 0);
  change_held(*account, hold, amount);
  hold.amount = amount;
}

void Ledger::committed(const Hold& hold) { end(hold, true); }

void Ledger::released(const Hold& hold) { end(hold, false); }

void Ledger::end(const Hold& hold, bool is_charged) {
  Account* account = find(hold.user_id);
  assert(account != nullptr);
  const std::lock_guard lock(account->mutex);
  assert(account->holds > 0);
  change_held(*account, hold, Money{});
  if (account->budget && is_charged && !hold.amount.is_zero()) {
    constexpr Money kMost{std::numeric_limits<int64_t>::max()};
    Day& day = day_in(*account, day_of(hold.request_id));
    day.spent = checked_add(day.spent, hold.amount).value_or(kMost);
  } else if (!account->budget) {
    std::erase_if(account->days, [](const Day& day) { return day.held.is_zero(); });
  }
  --account->holds;
  assert(account->holds > 0 || account->held.is_zero());
  open_holds_.fetch_sub(1, std::memory_order_relaxed);
}

void Ledger::set_balance(UserId user, Money balance) {
  Account* account = find(user);
  assert(account != nullptr);
  const std::lock_guard lock(account->mutex);
  account->balance = balance;
}

Money Ledger::available(UserId user) const {
  const Account* account = find(user);
  if (account == nullptr) return Money{};
  const std::lock_guard lock(account->mutex);
  return free_of(account->balance, account->held);
}

Money Ledger::spent(UserId user, int64_t day) const {
  const Account* account = find(user);
  Money sum;
  if (account == nullptr) return sum;
  const std::lock_guard lock(account->mutex);
  if (!account->budget) return sum;
  const BudgetDays period = days_around(account->budget->period, day);
  for (const Day& each : account->days) {
    if (period.contains(each.day)) sum = sum + each.spent;
  }
  return sum;
}

int64_t Ledger::open_holds() const { return open_holds_.load(std::memory_order_relaxed); }

std::map<std::string, Money> Ledger::held_by_unit() const {
  const std::lock_guard lock(units_mutex_);
  std::map<std::string, Money> held;
  for (const auto& [unit, nanos] : held_by_unit_) held[unit] = {nanos.load()};
  return held;
}

}  // namespace chatgate
