#include "common/pricing/litellm_prices.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

using nlohmann::json;

tl::unexpected<Error> skip(std::string why) {
  return fail(ErrorCode::kInvalidArgument, std::move(why));
}

// Reads the fields of one entry. The first fault stays, and every later reading gives nothing.
class EntryReader {
 public:
  EntryReader(const json& entry, const Decimal& markup) : entry_(entry), markup_(markup) {}

  // Absent and null are the same: the file writes both for "none".
  std::optional<Decimal> number(const char* name) {
    const auto found = entry_.find(name);
    if (fault_ || found == entry_.end() || found->is_null()) return std::nullopt;
    const auto read = found->is_string() ? read_number(trim(found->get_ref<const std::string&>()))
                                         : std::optional<Decimal>();
    if (!read) fault_ = "with a price that is not a number";
    if (read && read->is_negative) fault_ = "with a price below zero";
    return fault_ ? std::nullopt : read;
  }

  std::optional<PicosPerToken> price(const char* name) {
    const auto amount = number(name);
    if (!amount) return std::nullopt;
    const auto rounded = round_token_price(*amount, 1, markup_);
    if (!rounded) {
      fault_ = "with " + rounded.error().message;
      return std::nullopt;
    }
    is_rounded_ = is_rounded_ || !rounded->is_exact;
    return rounded->price;
  }

  Money money(const char* name) {
    const auto amount = number(name);
    if (!amount) return {};
    const auto product = multiply(*amount, markup_);
    const auto nanos = product ? round_half_to_even(*product, 9) : std::nullopt;
    if (!nanos) {
      fault_ = "with a price that is too large or has too many digits";
      return {};
    }
    is_rounded_ = is_rounded_ || !nanos->is_exact;
    return {nanos->value};
  }

  // 0 for what is absent or no number of tokens: some entries hold words there.
  int64_t count(const char* name) const {
    const auto found = entry_.find(name);
    if (found == entry_.end() || !found->is_string()) return 0;
    const auto read = read_number(trim(found->get_ref<const std::string&>()));
    const auto whole = read ? round_half_to_even(*read, 0) : std::nullopt;
    const bool is_count = whole && whole->is_exact && whole->value > 0;
    return is_count && whole->value <= kTokenCountMax ? whole->value : 0;
  }

  std::string text(const char* name) const {
    const auto found = entry_.find(name);
    return found != entry_.end() && found->is_string() ? found->get<std::string>() : "";
  }

  // Whether any field that `is_meant` by its name holds a number above zero.
  template <class IsMeant>
  bool charges(const IsMeant& is_meant) const {
    return std::ranges::any_of(entry_.items(), [&](const auto& field) {
      if (!field.value().is_string() || !is_meant(std::string_view(field.key()))) return false;
      const auto amount = read_number(trim(field.value().template get_ref<const std::string&>()));
      return amount && amount->digits != 0 && !amount->is_negative;
    });
  }

  bool is_rounded() const { return is_rounded_; }
  const std::optional<std::string>& fault() const { return fault_; }

 private:
  const json& entry_;
  const Decimal& markup_;
  bool is_rounded_ = false;
  std::optional<std::string> fault_;
};

// What is counted in neither tokens nor requests: images, seconds, characters, pages, queries...
bool is_other_charge(std::string_view field) {
  constexpr std::array kUnits{"_per_image", "_per_second", "_per_character", "_per_pixel",
                              "_per_video", "_per_page",   "_per_session",   "_per_query",
                              "_per_gb",    "_per_1k",     "_per_audio_per"};
  return field.find("_cost_per_") != field.npos && field.find("_token") == field.npos &&
         std::ranges::any_of(kUnits,
                             [&](std::string_view unit) { return field.find(unit) != field.npos; });
}

bool is_long_prompt_charge(std::string_view field) {
  return field.find("_above_") != field.npos && field.find("_tokens") != field.npos &&
         field.find("cost") != field.npos;
}

bool is_text_mode(std::string_view mode) {
  constexpr std::array kModes{"", "chat", "completion", "responses", "embedding"};
  return std::ranges::find(kModes, mode) != kModes.end();
}

// An answer of such a model has no tokens, so that its price may be left out.
bool has_no_answer_tokens(std::string_view mode) {
  return mode == "embedding" || mode == "rerank" || mode == "moderation";
}

std::string why_not_by_tokens(const EntryReader& reader, const json& entry) {
  if (entry.contains("tiered_pricing")) return "priced in tiers";
  if (reader.charges(is_other_charge))
    return "not priced by tokens but by image, second or the like";
  return "without a price";
}

// A price of zero is how the file says "unknown" as well as "free".
bool is_free(const Price& price) {
  const PicosPerToken none;
  return price.input == none && price.output == none && price.per_request.is_zero() &&
         price.audio_input.value_or(none) == none && price.audio_output.value_or(none) == none;
}

std::vector<std::string> read_aliases(const json& entry) {
  std::vector<std::string> aliases;
  const auto found = entry.find("aliases");
  if (found == entry.end() || !found->is_array()) return aliases;
  for (const json& alias : *found) {
    if (alias.is_string() && check_model_name(alias.get_ref<const std::string&>())) {
      aliases.push_back(alias.get<std::string>());
    }
  }
  return aliases;
}

}  // namespace

Result<LitellmModel> read_litellm_model(const std::string& name, const json& entry,
                                        const PriceFileOptions& options) {
  if (!entry.is_object()) return skip("that are not described by an object");
  if (!check_model_name(name)) return skip("with a name that no model can have here");
  EntryReader reader(entry, options.markup);
  const std::string mode = reader.text("mode");
  const auto input = reader.price("input_cost_per_token");
  auto output = reader.price("output_cost_per_token");
  if (reader.fault()) return skip(*reader.fault());
  if (!input) return skip(why_not_by_tokens(reader, entry));
  if (!output && has_no_answer_tokens(mode)) output = PicosPerToken{};
  if (!output) return skip("without a price of completion tokens");

  LitellmModel model;
  Price& price = model.price;
  price.model = name;
  price.currency = options.currency;
  price.input = *input;
  price.output = *output;
  price.cached_input = reader.price("cache_read_input_token_cost");
  price.reasoning = reader.price("output_cost_per_reasoning_token");
  price.audio_input = reader.price("input_cost_per_audio_token");
  price.audio_output = reader.price("output_cost_per_audio_token");
  price.per_request = reader.money("input_cost_per_request");
  if (reader.fault()) return skip(*reader.fault());
  if (is_free(price)) return skip("that cost nothing in the file; `price set` can give them away");
  price.max_input_tokens = reader.count("max_input_tokens");
  price.max_output_tokens = reader.count("max_output_tokens");
  if (price.max_output_tokens == 0) price.max_output_tokens = reader.count("max_tokens");

  if (reader.charges(is_other_charge)) {
    if (!is_text_mode(mode)) return skip("charged by image, second or the like beside tokens");
    model.remarks.emplace_back(
        "also charged by image, second, query or the like; tokens alone count");
  }
  if (reader.charges(is_long_prompt_charge)) {
    model.remarks.emplace_back("dearer for long prompts there; the price of short ones is taken");
  }
  if (reader.is_rounded()) {
    model.remarks.emplace_back("rounded, half to even, to 0.000001 per million tokens");
  }
  model.aliases = read_aliases(entry);
  return model;
}

}  // namespace chatgate
