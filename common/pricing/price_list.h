// The whole history of prices as lines, one for each model and currency: what is in force when, and
// what a list of wanted prices would change. Plain values, one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/domain/price.h"
#include "common/pricing/price_file.h"

namespace chatgate {

// Where a row stands in its line at a moment.
enum class PriceState : uint8_t {
  kPast,
  kInForce,
  kLater,
  kReplaced,  // before its time came: it never was nor will be in force
};

class PriceList {
 public:
  // `history`: all rows of a store, in order of model, currency, effective_from, id.
  explicit PriceList(const std::vector<Price>& history);

  // The row of a line in force at `time`; one of a withdrawn model too. May be null.
  const Price* in_force(const std::string& model, const std::string& currency,
                        Timestamp time) const;
  // The rows of one line in order of time; of all lines, by model and currency.
  using Line = std::vector<Price>;
  using Lines = std::map<std::pair<std::string, std::string>, Line>;
  const Lines& lines() const { return lines_; }

  // Takes a row up behind those of its time.
  void add(const Price& price);

 private:
  Lines lines_;
};

// The index of the row in force at `time`; empty before the first.
std::optional<size_t> index_in_force(const PriceList::Line& line, Timestamp time);
PriceState state_of(const PriceList::Line& line, size_t index, Timestamp now);

// One row that must be added, and what it takes over from; nothing: the model is new or was
// withdrawn.
struct PriceChange {
  std::optional<Price> before;
  Price after;               // effective_from: 0 when from now on
  bool is_restored = false;  // someone had withdrawn the model
};
struct PriceChanges {
  std::vector<PriceChange> changes;
  int64_t unchanged = 0;
};
// What must be added so that every wanted price holds from its time on, or from `now`.
PriceChanges changes_to(PriceList list, const std::vector<FilePrice>& wanted, Timestamp now);

// The rows that withdraw a model from `from` on, in all currencies or in one: also what is set for
// later. None when it has no price then.
std::vector<Price> removal_of(const PriceList& list, const std::string& model,
                              const std::optional<std::string>& currency, Timestamp from);

}  // namespace chatgate
