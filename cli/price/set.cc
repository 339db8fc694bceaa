#include "cli/price/set.h"

#include "cli/commands.h"
#include "cli/price/prices.h"
#include "common/text/quantity.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

Result<int64_t> parse_per(const std::string& text) {
  const std::string lower = to_lower(text);
  if (lower == "1m" || lower == "1000000") return 1'000'000;
  if (lower == "1k" || lower == "1000") return 1'000;
  if (lower == "1") return 1;
  return fail(ErrorCode::kInvalidArgument, "--per: " + quote(text) + " is not 1M, 1K or 1");
}

// One price option, read for `per` tokens.
class PriceReader {
 public:
  explicit PriceReader(int64_t per) : per_(per) {}

  std::optional<PicosPerToken> read(const std::string& flag, const std::string& text) {
    if (text.empty() || error_) return std::nullopt;
    const auto price = parse_token_price(text, per_);
    if (price) return *price;
    error_ = Error{ErrorCode::kInvalidArgument, flag + ": " + price.error().message};
    return std::nullopt;
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  int64_t per_;
  std::optional<Error> error_;
};

Result<Money> parse_per_request(const std::string& text, const Unit& unit) {
  if (text.empty()) return Money{};
  auto amount = parse_money(text, unit);
  if (!amount) return fail(ErrorCode::kInvalidArgument, "--per-request: " + amount.error().message);
  if (amount->is_negative()) {
    return fail(ErrorCode::kInvalidArgument, "--per-request: " + text + " is below zero");
  }
  return amount;
}

Result<int64_t> parse_limit(const std::string& flag, const std::string& text) {
  if (text.empty()) return 0;
  auto count = parse_count(text);
  if (!count) return fail(ErrorCode::kInvalidArgument, flag + ": " + count.error().message);
  return count;
}

Result<Price> describe_price(const PriceSetOptions& options, Timestamp now) {
  Price price;
  if (auto checked = check_model_name(options.model); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto per = parse_per(options.per);
  if (!per) return tl::unexpected(per.error());
  const auto unit = parse_unit(options.currency);
  if (!unit) return tl::unexpected(unit.error());
  if (unit->is_tokens()) {
    return fail(ErrorCode::kInvalidArgument,
                "--currency: a price needs a currency; accounts in tokens pay by count");
  }
  PriceReader reader(*per);
  price.model = options.model;
  price.currency = unit->code;
  price.input = reader.read("--input", options.input).value_or(PicosPerToken{});
  price.output = reader.read("--output", options.output).value_or(PicosPerToken{});
  price.cached_input = reader.read("--cached-input", options.cached_input);
  price.reasoning = reader.read("--reasoning", options.reasoning);
  price.audio_input = reader.read("--audio-input", options.audio_input);
  price.audio_output = reader.read("--audio-output", options.audio_output);
  if (reader.error()) return tl::unexpected(*reader.error());
  const auto per_request = parse_per_request(options.per_request, *unit);
  if (!per_request) return tl::unexpected(per_request.error());
  price.per_request = *per_request;
  const auto max_input = parse_limit("--max-input", options.max_input_tokens);
  if (!max_input) return tl::unexpected(max_input.error());
  const auto max_output = parse_limit("--max-output", options.max_output_tokens);
  if (!max_output) return tl::unexpected(max_output.error());
  price.max_input_tokens = *max_input;
  price.max_output_tokens = *max_output;
  price.effective_from = now;
  if (!options.from.empty()) {
    const auto from = parse_moment(options.from, now, Direction::kFuture);
    if (!from) return fail(ErrorCode::kInvalidArgument, "--from: " + from.error().message);
    price.effective_from = *from;
  }
  return price;
}

void add_price_options(CLI::App& verb, PriceSetOptions& options) {
  const auto add = [&verb](const char* flag, std::string& field, const char* help) {
    return verb.add_option(flag, field, help)->type_name("PRICE");
  };
  add("--input", options.input, "of prompt tokens")->required();
  add("--output", options.output, "of completion tokens")->required();
  add("--cached-input", options.cached_input, "of cached prompt tokens (default: --input)");
  add("--reasoning", options.reasoning, "of reasoning tokens (default: --output)");
  add("--audio-input", options.audio_input, "of audio in the prompt (default: --input)");
  add("--audio-output", options.audio_output, "of audio in the answer (default: --output)");
  add("--per-request", options.per_request, "added once to every charged request");
  verb.add_option("--per", options.per, "tokens that a price is for: 1M, 1K or 1 (default: 1M)")
      ->type_name("N")
      ->check(offers("1M,1K,1"));
  verb.add_option("--currency", options.currency, "of the price (default: USD)")
      ->type_name("CODE")
      ->check(offers("USD,EUR,CNY"));
}

}  // namespace

void register_price_set(CLI::App& noun, Context& context) {
  auto options = std::make_shared<PriceSetOptions>();
  CLI::App* verb =
      add_verb(noun, "set", "set a model's price from now, or from a given time, on",
               "  chatgate price set gpt-4o --input 2.50 --output 10 --cached-input 1.25\n"
               "  chatgate price set gpt-3.5-turbo --input 0.0015 --output 0.002 --per 1K\n"
               "  chatgate price set gpt-4o --input 2 --output 8 --from 2026-12-01");
  verb->add_option("MODEL", options->model, "as clients name it")->type_name("")->required();
  add_price_options(*verb, *options);
  verb->add_option("--max-input", options->max_input_tokens,
                   "tokens in its context window: 128_000, 1M")
      ->type_name("N");
  verb->add_option("--max-output", options->max_output_tokens,
                   "most tokens of one answer: 16384, 16k")
      ->type_name("N");
  verb->add_option("--from", options->from, "2026-12-01, 7d (default: now)")->type_name("TIME");
  bind(verb, options, context, run_price_set);
}

Result<void> run_price_set(const PriceSetOptions& options, Context& context) {
  const auto price = describe_price(options, context.now());
  if (!price) return tl::unexpected(price.error());
  const auto store = context.open_store(OpenMode::kCreate);
  if (!store) return tl::unexpected(store.error());
  const auto added = (*store)->add_price(*price);
  if (!added) return tl::unexpected(added.error());
  const bool is_later = added->effective_from > context.now();
  context.print_one(
      table_of_prices({{*added, is_later ? PriceState::kLater : PriceState::kInForce}}));
  return {};
}

}  // namespace chatgate
