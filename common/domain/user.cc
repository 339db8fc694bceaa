#include "common/domain/user.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "common/text/quantity.h"
#include "common/text/suggest.h"

namespace chatgate {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr size_t kNameBytesMax = 64;

constexpr std::array<std::pair<std::string_view, BudgetPeriod>, 3> kPeriods{{
    {"day", BudgetPeriod::kDay},
    {"week", BudgetPeriod::kWeek},
    {"month", BudgetPeriod::kMonth},
}};

int64_t number_of(sys_days day) { return day.time_since_epoch().count(); }

}  // namespace

std::string_view name_of(BudgetPeriod period) {
  const auto* found =
      std::ranges::find(kPeriods, period, &std::pair<std::string_view, BudgetPeriod>::second);
  return found->first;
}

Result<BudgetPeriod> parse_budget_period(std::string_view text) {
  NearMiss near_miss(text);
  for (const auto& [name, period] : kPeriods) {
    if (name == text) return period;
    near_miss.offer(name);
  }
  return fail(ErrorCode::kInvalidArgument, "no period " + quote(text) +
                                               did_you_mean(near_miss.best()) +
                                               " (there are day, week and month)");
}

BudgetDays days_around(BudgetPeriod period, int64_t day) {
  const sys_days date{days{day}};
  switch (period) {
    case BudgetPeriod::kDay:
      break;
    case BudgetPeriod::kWeek: {
      const int64_t monday = day + 1 - std::chrono::weekday{date}.iso_encoding();
      return {monday, monday + 7};
    }
    case BudgetPeriod::kMonth: {
      const std::chrono::year_month_day ymd{date};
      const auto month = ymd.year() / ymd.month();
      return {number_of(month / 1), number_of((month + std::chrono::months{1}) / 1)};
    }
  }
  return {day, day + 1};
}

Result<void> check_user_name(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@";
  if (!name.empty() && name.size() <= kNameBytesMax &&
      name.find_first_not_of(kAllowed) == name.npos) {
    return {};
  }
  return fail(ErrorCode::kInvalidArgument,
              quote(name) + " is not a name; use 1 to 64 letters, digits and . _ - @");
}

}  // namespace chatgate
