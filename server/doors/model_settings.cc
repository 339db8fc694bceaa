#include "server/doors/model_settings.h"

#include <array>
#include <charconv>

#include "common/domain/price.h"
#include "common/text/quantity.h"
#include "server/json/json_object.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

// The numbers, in the order of /model.
// More takes too long to count between other requests.
constexpr int64_t kContextTokensMax = 200'000;

struct NumberField {
  const char* name;
  std::optional<int64_t> ModelSettings::*value;
  int64_t min, max;
};
constexpr std::array kNumbers{
    NumberField{"temperature", &ModelSettings::temperature, 0, 200},
    NumberField{"presence_penalty", &ModelSettings::presence_penalty, -200, 200},
    NumberField{"frequency_penalty", &ModelSettings::frequency_penalty, -200, 200},
    NumberField{"max_tokens", &ModelSettings::max_tokens, 1, kContextTokensMax},
};

// The words up to the next comma, which is taken too. Nothing at the end.
std::optional<std::string_view> next_word(std::optional<std::string_view>& rest) {
  if (!rest) return std::nullopt;
  const size_t comma = rest->find(',');
  const auto word = trim(rest->substr(0, comma));
  if (comma == std::string_view::npos) {
    rest.reset();
  } else {
    rest->remove_prefix(comma + 1);
  }
  return word;
}

bool read_number(std::string_view word, const NumberField& field, ModelSettings& settings) {
  if (word == "-") {
    (settings.*field.value).reset();
    return true;
  }
  int64_t number = 0;
  const auto* end = word.data() + word.size();
  const auto [stop, status] = std::from_chars(word.data(), end, number);
  if (status != std::errc() || stop != end || number < field.min || number > field.max) {
    return false;
  }
  settings.*field.value = number;
  return true;
}

}  // namespace

ModelSettings read_model_settings(std::string_view json) {
  ModelSettings settings;
  const auto object = json.empty() ? tl::unexpected(Error{}) : parse_json_object(json);
  if (!object) return settings;
  settings.model = text_member(*object, "model").value_or("");
  for (const auto& field : kNumbers) {
    settings.*field.value =
        integer_member(*object, field.name, field.min, field.max).value_or(std::nullopt);
  }
  return settings;
}

std::string write_model_settings(const ModelSettings& settings) {
  if (settings == ModelSettings{}) return {};
  ordered_json object = ordered_json::object();
  if (!settings.model.empty()) object["model"] = settings.model;
  for (const auto& field : kNumbers) {
    if (const auto value = settings.*field.value) object[field.name] = *value;
  }
  return to_json_text(object);
}

std::optional<ModelSettings> change_model_settings(const ModelSettings& settings,
                                                   std::string_view words) {
  ModelSettings changed = settings;
  std::optional<std::string_view> rest = words;
  const auto model = next_word(rest);
  if (*model == "-") {
    changed.model.clear();
  } else if (check_model_name(*model)) {
    changed.model = *model;
  } else {
    return std::nullopt;
  }
  for (const auto& field : kNumbers) {
    const auto word = next_word(rest);
    if (!word) break;
    if (!read_number(*word, field, changed)) return std::nullopt;
  }
  if (rest) return std::nullopt;
  return changed;
}

std::string model_settings_words(const ModelSettings& settings) {
  std::string words = settings.model.empty() ? "-" : settings.model;
  for (const auto& field : kNumbers) {
    const auto value = settings.*field.value;
    words += "," + (value ? std::to_string(*value) : "-");
  }
  return words;
}

}  // namespace chatgate
