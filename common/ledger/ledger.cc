#include "common/ledger/ledger.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace chatgate {
namespace {

std::string amount_text(Money amount, const Unit& unit) {
  return format_money(amount, unit) + " " + unit.code;
}

// Two different answers: waiting helps against concurrent requests, only money against an empty
// account. Both keep a client from trying again at once.
tl::unexpected<Error> refuse(Money balance, Money held, Money amount, const Unit& unit) {
  Error error{ErrorCode::kInsufficientQuota, {}};
  if (balance >= amount) {
    error.message = "the balance of " + amount_text(balance, unit) +
                    " is reserved by concurrent requests: " + amount_text(held, unit) +
                    " are held and this request may cost up to " + amount_text(amount, unit) +
                    "; wait for the others to finish or recharge the account";
  } else {
    error.message = "the balance is used up: " + amount_text(balance, unit) +
                    " are left and this request may cost up to " + amount_text(amount, unit) +
                    "; recharge the account or lower max_tokens";
  }
  error.should_not_retry = true;
  return tl::unexpected<Error>(std::move(error));
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

void Ledger::put_account(const User& user) {
  Account* account = find(user.id);
  if (account == nullptr) {
    const std::unique_lock lock(accounts_mutex_);
    std::unique_ptr<Account>& slot = accounts_[user.id];
    if (!slot) slot = std::make_unique<Account>();
    account = slot.get();
  }
  // Accounts are never erased, so the pointer outlives the map's lock.
  const std::lock_guard lock(account->mutex);
  account->unit = user.unit;
  account->balance = user.balance;
  account->unmetered = user.unmetered;
}

Result<Hold> Ledger::reserve(RequestId request, UserId user, Money amount) {
  assert(!amount.is_negative());
  Account* account = find(user);
  if (account == nullptr) {
    return fail(ErrorCode::kNotFound,
                "no account with the id " + std::to_string(user.value) + " is known here");
  }
  const std::lock_guard lock(account->mutex);
  Hold hold{request, user, Money{}};
  if (!account->unmetered) {
    if (free_of(account->balance, account->held) < amount) {
      return refuse(account->balance, account->held, amount, account->unit);
    }
    hold.amount = amount;
    account->held = account->held + amount;
    assert(account->held <= account->balance);
  }
  ++account->holds;
  open_holds_.fetch_add(1, std::memory_order_relaxed);
  return hold;
}

Charge Ledger::fix_charge(Hold& hold, Money cost) {
  assert(!cost.is_negative());
  Account* account = find(hold.user_id);
  assert(account != nullptr);
  const std::lock_guard lock(account->mutex);
  assert(account->holds > 0 && account->held >= hold.amount);
  const Money free = free_of(account->balance, account->held);
  const Money others = account->held - hold.amount;
  Charge charge{cost, Money{}};
  if (account->unmetered) {
    // Bounded only by what 64 bits can count, so that neither sum of the account can overflow.
    constexpr Money kLeast{std::numeric_limits<int64_t>::min()};
    constexpr Money kMost{std::numeric_limits<int64_t>::max()};
    const Money bearable = checked_subtract(free, kLeast).value_or(kMost);
    charge.charged = std::min({cost, bearable, kMost - others});
  } else if (cost > hold.amount) {
    charge.charged = hold.amount + std::min(cost - hold.amount, std::max(free, Money{}));
  }
  charge.written_off = cost - charge.charged;
  assert(!charge.written_off.is_negative());
  account->held = others + charge.charged;
  hold.amount = charge.charged;
  return charge;
}

void Ledger::committed(const Hold& hold) {
  Account* account = find(hold.user_id);
  assert(account != nullptr);
  const std::lock_guard lock(account->mutex);
  assert(account->holds > 0 && account->held >= hold.amount);
  account->held = account->held - hold.amount;
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

int64_t Ledger::open_holds() const { return open_holds_.load(std::memory_order_relaxed); }

}  // namespace chatgate
