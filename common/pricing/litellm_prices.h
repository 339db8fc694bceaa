// One model of LiteLLM's price list. Used by price_file.cc alone; one thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/pricing/price_file.h"

namespace chatgate {

struct LitellmModel {
  Price price;
  std::vector<std::string> aliases;  // further names that the same price is for
  std::vector<std::string> remarks;
};

// `entry` holds numbers as text, as for_each_json_entry gives them. The message of an error is the
// reason, in a few words, why the model cannot be priced: many models share it.
Result<LitellmModel> read_litellm_model(const std::string& name, const nlohmann::json& entry,
                                        const PriceFileOptions& options);

}  // namespace chatgate
