// Price lists that other programs keep, as prices of our own: LiteLLM's
// model_prices_and_context_window.json (an object of models, prices per token in dollars as
// floating-point text), and what `chatgate price list --format json` or `csv` prints. Every number
// is read from its text, exactly. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/price.h"
#include "common/progress.h"
#include "common/result.h"

namespace chatgate {

inline constexpr int64_t kPriceFileBytesMax = 128 << 20;

struct PriceFileOptions {
  std::vector<std::string> patterns;  // of models; none: all
  Decimal markup{1, 0};               // what every price is multiplied by
  std::string currency = "USD";       // where the file names none
  Timestamp now;                      // what times in the file count from
};

struct FilePrice {
  Price price;  // in force from `effective_from`, or from now on when that has come
  // The file cannot say "unknown": a limit of 0 leaves the one that is known already.
  bool keeps_unknown_limits = false;
};

// Why, in a few words that follow a number of models, and which.
using ModelsByReason = std::map<std::string, std::vector<std::string>>;

struct PriceFile {
  std::vector<FilePrice> prices;  // in order of model, currency and time
  ModelsByReason skipped;         // models that cannot be priced from this file
  ModelsByReason remarks;         // models that are among `prices`, with something to know of them
  int64_t models_left_out = 0;    // by the patterns
};

// kInvalidArgument, with line and column or the model at fault, for a file that is of neither
// format, and for one of ours with a mistake in it. A model of LiteLLM's that cannot be priced here
// is skipped. kInterrupted by `report`, which is told of bytes.
Result<PriceFile> read_price_file(std::string_view text, const PriceFileOptions& options,
                                  const ProgressReport& report = {});

}  // namespace chatgate
