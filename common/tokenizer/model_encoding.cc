#include "common/tokenizer/model_encoding.h"

#include <algorithm>
#include <array>

namespace chatgate {
namespace {

struct Family {
  std::string_view beginning;
  const Encoding& (*encoding)();
};

// The first that fits counts.
constexpr std::array kFamilies{
    Family{"gpt-4o", o200k_base},
    Family{"gpt-4.1", o200k_base},
    Family{"gpt-4.5", o200k_base},
    Family{"gpt-5", o200k_base},
    Family{"gpt-oss", o200k_base},
    Family{"chatgpt-4o", o200k_base},
    Family{"o1", o200k_base},
    Family{"o3", o200k_base},
    Family{"o4", o200k_base},
    Family{"gpt-4", cl100k_base},
    Family{"gpt-3.5", cl100k_base},
    Family{"gpt-35", cl100k_base},
    Family{"text-embedding-", cl100k_base},
    Family{"davinci-002", cl100k_base},
    Family{"babbage-002", cl100k_base},
};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// "o1" begins "o1-mini" but not "o1x", "gpt-4" not "gpt-45".
bool begins(std::string_view model, std::string_view beginning) {
  if (model.substr(0, beginning.size()) != beginning) return false;
  return model.size() == beginning.size() || !is_letter_or_digit(beginning.back()) ||
         !is_letter_or_digit(model[beginning.size()]);
}

const Family* family_of(std::string_view model) {
  if (const size_t slash = model.rfind('/'); slash != std::string_view::npos) {
    model.remove_prefix(slash + 1);
  }
  constexpr std::string_view kFineTuned = "ft:";
  if (model.substr(0, kFineTuned.size()) == kFineTuned) model.remove_prefix(kFineTuned.size());
  const auto* family = std::find_if(kFamilies.begin(), kFamilies.end(), [&](const Family& each) {
    return begins(model, each.beginning);
  });
  return family == kFamilies.end() ? nullptr : family;
}

}  // namespace

const Encoding& encoding_for(std::string_view model) {
  const Family* family = family_of(model);
  return family == nullptr ? o200k_base() : family->encoding();
}

bool has_known_encoding(std::string_view model) { return family_of(model) != nullptr; }

}  // namespace chatgate
