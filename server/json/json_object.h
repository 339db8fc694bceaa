// JSON documents to text and back, for everything that is not worth a parser of its own. Pure; any
// thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/result.h"

namespace chatgate {

// Without escapes for what is not ASCII; broken UTF-8 becomes U+FFFD.
std::string to_json_text(const nlohmann::ordered_json& value);

// The same of a text: with its quotes.
std::string json_string(std::string_view text);

// kInvalidRequest for what is not one JSON object, or nested more deeply or larger than a question
// can need.
Result<nlohmann::ordered_json> parse_json_object(std::string_view text);

// A member of an object: the text of a string; empty when the member is absent or null.
// kInvalidRequest, naming it, when it is something else.
Result<std::string> text_member(const nlohmann::ordered_json& object, const char* name);
// A whole number from `min` to `max`; nothing when absent or null.
Result<std::optional<int64_t>> integer_member(const nlohmann::ordered_json& object,
                                              const char* name, int64_t min, int64_t max);
// A number from `min` to `max`, as it stands; null when absent.
Result<nlohmann::ordered_json> number_member(const nlohmann::ordered_json& object, const char* name,
                                             double min, double max);

}  // namespace chatgate
