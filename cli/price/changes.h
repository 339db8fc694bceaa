// What `price import` and `price diff` share: reading a file of prices, finding out what it would
// change, and telling it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/context.h"
#include "common/pricing/price_file.h"
#include "common/pricing/price_list.h"

namespace chatgate {

struct PriceFileArguments {
  std::string file;    // "-": standard input
  std::string models;  // patterns, with commas between them; empty: all
  std::string markup;  // "20%"; empty: none
  std::string currency = "USD";
};
void add_price_file_arguments(CLI::App& verb, PriceFileArguments& arguments);

struct PlannedChanges {
  PriceFile file;
  PriceChanges changes;
  int64_t changed = 0;   // of the changes, how many touch a price in force
  int64_t restored = 0;  // and how many bring a withdrawn model back
  int64_t added() const {
    return static_cast<int64_t>(changes.changes.size()) - changed - restored;
  }
};
// kNotFound for a file that does not exist and for patterns that no model matches.
Result<PriceFile> read_prices(const PriceFileArguments& arguments, Context& context);
PlannedChanges plan_changes(PriceFile file, const std::vector<Price>& history, Timestamp now);

Table table_of_changes(const std::vector<PriceChange>& changes);
// On the error stream: how many are new, changed, unchanged and skipped, and why.
void tell_summary(const PlannedChanges& plan, Context& context);

}  // namespace chatgate
