#include "cli/price/remove.h"

#include "cli/commands.h"
#include "cli/price/prices.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

struct Removal {
  std::optional<std::string> currency;
  Timestamp from;
};

Result<Removal> parse_removal(const PriceRemoveOptions& options, Timestamp now) {
  Removal removal{std::nullopt, now};
  if (!options.currency.empty()) {
    const auto unit = parse_unit(options.currency);
    if (!unit) return fail(ErrorCode::kInvalidArgument, "--currency: " + unit.error().message);
    removal.currency = unit->code;
  }
  if (!options.from.empty()) {
    const auto from = parse_moment(options.from, now, Direction::kFuture);
    if (!from) return fail(ErrorCode::kInvalidArgument, "--from: " + from.error().message);
    removal.from = *from;
  }
  return removal;
}

tl::unexpected<Error> not_priced(const PriceList& list, const PriceRemoveOptions& options) {
  NearMiss near_miss(options.model);
  for (const auto& [key, line] : list.lines()) {
    if (key.first == options.model) {
      return fail(ErrorCode::kNotFound,
                  "model " + quote(options.model) + " has no price then" +
                      (options.currency.empty() ? "" : " in " + options.currency) +
                      ": see `chatgate price list --history`");
    }
    near_miss.offer(key.first);
  }
  return fail(ErrorCode::kNotFound,
              "no model " + quote(options.model) + did_you_mean(near_miss.best()));
}

// The rows that withdraw the model, as of now.
Result<std::vector<Price>> removal_rows(const PriceRemoveOptions& options, Store& store,
                                        Timestamp now) {
  const auto removal = parse_removal(options, now);
  if (!removal) return tl::unexpected(removal.error());
  const auto prices = store.list_prices();
  if (!prices) return tl::unexpected(prices.error());
  const PriceList list(*prices);
  auto rows = removal_of(list, options.model, removal->currency, removal->from);
  if (rows.empty()) return not_priced(list, options);
  return rows;
}

std::string question_for(const std::vector<Price>& rows) {
  std::vector<std::string> currencies;
  for (const auto& row : rows) {
    if (currencies.empty() || currencies.back() != row.currency) currencies.push_back(row.currency);
  }
  return "remove the price of " + quote(rows.front().model) + " in " + join_list(currencies) +
         " from " + format_minute(rows.front().effective_from) +
         " on? Requests for it are refused then.";
}

}  // namespace

void register_price_remove(CLI::App& noun, Context& context) {
  auto options = std::make_shared<PriceRemoveOptions>();
  CLI::App* verb = add_verb(noun, "remove", "withdraw a model: requests for it are refused",
                            "  chatgate price remove gpt-3.5-turbo\n"
                            "  chatgate price remove gpt-4o --currency EUR --yes\n"
                            "  chatgate price remove gpt-4o --from 2026-12-31");
  verb->add_option("MODEL", options->model, "as clients name it")->type_name("")->required();
  verb->add_option("--currency", options->currency, "only this one (default: all)")
      ->type_name("CODE");
  verb->add_option("--from", options->from, "2026-12-31, 7d (default: now)")->type_name("TIME");
  verb->add_flag("--yes", options->yes, "do not ask");
  bind(verb, options, context, run_price_remove);
}

Result<void> run_price_remove(const PriceRemoveOptions& options, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto asked = removal_rows(options, **store, context.now());
  if (!asked) return tl::unexpected(asked.error());
  if (auto agreed = confirm(context, question_for(*asked), options.yes); !agreed) return agreed;
  // Prices that were set while the question stood are removed as well.
  const auto rows = removal_rows(options, **store, context.now());
  if (!rows) return tl::unexpected(rows.error());
  if (auto added = (*store)->add_prices(*rows, {}); !added) return added;
  std::vector<ListedPrice> removed;
  for (const auto& row : *rows) {
    const bool is_later = row.effective_from > context.now();
    removed.push_back({row, is_later ? PriceState::kLater : PriceState::kInForce});
  }
  context.print_list(table_of_prices(removed));
  return {};
}

}  // namespace chatgate
