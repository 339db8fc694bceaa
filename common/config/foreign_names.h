// The names by which the programs that chatgate replaces were configured, so that their users start
// it with the environment that they have. Internal to common/config.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace chatgate {

// What a variable's text is in the terms of the key; empty when it means something else there.
using Translate = Result<std::string> (*)(std::string_view text);

struct ForeignName {
  std::string_view name;     // of a variable of the environment
  std::string_view program;  // whose name it is
  std::string_view key;      // of chatgate
  Translate translate = nullptr;
  bool is_part = false;  // only together with others a value, put together by code of its own
};

// THE table of foreign names. A key's come in the order in which they are looked at.
const std::vector<ForeignName>& foreign_names();

// All names for `key`, as the documentation lists them.
std::vector<std::string> foreign_names_of(std::string_view key);

// The keys of openai-api's config.json, with the variables of the same meaning.
struct BotFileKey {
  std::string_view name;
  std::string_view variable;
};
const std::vector<BotFileKey>& bot_file_keys();

const ForeignName* find_foreign_name(std::string_view name, std::string_view key = {});

}  // namespace chatgate
