#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

// Prices are decimal text for `per` tokens; an empty one is not set.
struct PriceSetOptions {
  std::string model;
  std::string input;
  std::string output;
  std::string cached_input;
  std::string reasoning;
  std::string audio_input;
  std::string audio_output;
  std::string per_request;
  std::string per = "1M";
  std::string currency = "USD";
  std::string max_input_tokens;  // counts, "128_000", "16k"; empty: unknown
  std::string max_output_tokens;
  std::string from;  // empty: now
};

// Creates the database when there is none. Prints the new row of the price list.
Result<void> run_price_set(const PriceSetOptions& options, Context& context);

}  // namespace chatgate
