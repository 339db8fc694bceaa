// What a user of the door `web` has chosen with /model, in place of the configuration's defaults.
// Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chatgate {

// What is left open is as the request or the configuration says.
struct ModelSettings {
  std::string model = {};
  std::optional<int64_t> temperature = {};  // these three in hundredths: 80 is 0.8
  std::optional<int64_t> presence_penalty = {};
  std::optional<int64_t> frequency_penalty = {};
  std::optional<int64_t> max_tokens = {};  // of question, history and answer together

  bool operator==(const ModelSettings&) const = default;
};

// As the books keep them: a JSON object, or nothing where all is open. What cannot be read is open.
ModelSettings read_model_settings(std::string_view json);
std::string write_model_settings(const ModelSettings& settings);

// The words of /model: "gpt-4o,80,0,-,4096". `-` opens a value; what is left out at the end stays.
// Nothing when they are no settings.
std::optional<ModelSettings> change_model_settings(const ModelSettings& settings,
                                                   std::string_view words);
// The words that make these settings.
std::string model_settings_words(const ModelSettings& settings);

}  // namespace chatgate
