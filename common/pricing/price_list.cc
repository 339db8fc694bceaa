#include "common/pricing/price_list.h"

#include <algorithm>

namespace chatgate {

PriceList::PriceList(const std::vector<Price>& history) {
  for (const Price& price : history) lines_[{price.model, price.currency}].push_back(price);
}

const Price* PriceList::in_force(const std::string& model, const std::string& currency,
                                 Timestamp time) const {
  const auto line = lines_.find({model, currency});
  if (line == lines_.end()) return nullptr;
  const auto index = index_in_force(line->second, time);
  return index ? &line->second[*index] : nullptr;
}

void PriceList::add(const Price& price) {
  Line& line = lines_[{price.model, price.currency}];
  const auto later =
      std::ranges::upper_bound(line, price.effective_from, {}, &Price::effective_from);
  line.insert(later, price);
}

std::optional<size_t> index_in_force(const PriceList::Line& line, Timestamp time) {
  const auto later = std::ranges::upper_bound(line, time, {}, &Price::effective_from);
  if (later == line.begin()) return std::nullopt;
  return static_cast<size_t>(later - line.begin()) - 1;
}

PriceState state_of(const PriceList::Line& line, size_t index, Timestamp now) {
  // A later row of the same time hides one for good.
  const bool is_hidden =
      index + 1 < line.size() && line[index + 1].effective_from == line[index].effective_from;
  if (line[index].effective_from > now) {
    return is_hidden ? PriceState::kReplaced : PriceState::kLater;
  }
  return index_in_force(line, now) == index ? PriceState::kInForce : PriceState::kPast;
}

PriceChanges changes_to(PriceList list, const std::vector<FilePrice>& wanted, Timestamp now) {
  PriceChanges result;
  for (const auto& [price, keeps_unknown_limits] : wanted) {
    PriceChange change{std::nullopt, price, false};
    const Timestamp from = std::max(price.effective_from, now);
    const Price* known = list.in_force(price.model, price.currency, from);
    if (known != nullptr && !known->removed) change.before = *known;
    change.is_restored = known != nullptr && known->removed;
    if (keeps_unknown_limits && known != nullptr) {
      Price& after = change.after;
      if (after.max_input_tokens == 0) after.max_input_tokens = known->max_input_tokens;
      if (after.max_output_tokens == 0) after.max_output_tokens = known->max_output_tokens;
    }
    const bool is_unchanged =
        change.before ? has_same_terms(*change.before, change.after) : change.after.removed;
    if (is_unchanged) {
      ++result.unchanged;
      continue;
    }
    change.after.effective_from = from;
    list.add(change.after);
    if (from <= now) change.after.effective_from = {};
    result.changes.push_back(std::move(change));
  }
  return result;
}

std::vector<Price> removal_of(const PriceList& list, const std::string& model,
                              const std::optional<std::string>& currency, Timestamp from) {
  std::vector<Price> rows;
  const auto withdraw = [&](const Price& price, Timestamp time) {
    if (price.removed) return;
    rows.push_back(price);
    rows.back().removed = true;
    rows.back().effective_from = time;
  };
  for (const auto& [key, line] : list.lines()) {
    if (key.first != model || (currency && key.second != *currency)) continue;
    if (const auto index = index_in_force(line, from)) withdraw(line[*index], from);
    for (size_t i = 0; i < line.size(); ++i) {
      if (state_of(line, i, from) == PriceState::kLater) withdraw(line[i], line[i].effective_from);
    }
  }
  return rows;
}

}  // namespace chatgate
