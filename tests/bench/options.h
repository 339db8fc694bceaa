// Reads `--name value` options for the bench programs. Whoever has asked for all that it knows
// calls `reject_unknown()`, so that a misspelt option ends the run instead of being ignored.
#pragma once

#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "support.h"

namespace bench {

class Options {
 public:
  // Everything after a bare `--` is left to `rest()`.
  Options(int argument_count, char** arguments, int first) {
    int at = first;
    for (; at < argument_count; at += 2) {
      const std::string name = arguments[at];
      if (name == "--") break;
      if (name.rfind("--", 0) != 0 || at + 1 >= argument_count) {
        give_up("'" + name + "' is not an option with a value");
      }
      values_[name.substr(2)] = arguments[at + 1];
    }
    for (++at; at < argument_count; ++at) rest_.emplace_back(arguments[at]);
  }

  std::string text(const std::string& name, const std::string& otherwise) {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    std::string value = found->second;
    values_.erase(found);
    return value;
  }

  std::string required_text(const std::string& name) {
    std::string value = text(name, "");
    if (value.empty()) give_up("--" + name + " is missing");
    return value;
  }

  int64_t number(const std::string& name, int64_t otherwise, int64_t min, int64_t max) {
    std::string value = text(name, std::to_string(otherwise));
    int64_t parsed = 0;
    const char* end = value.data() + value.size();
    const auto result = std::from_chars(value.data(), end, parsed);
    if (result.ec != std::errc{} || result.ptr != end || parsed < min || parsed > max) {
      give_up("--" + name + " must be a number from " + std::to_string(min) + " to " +
              std::to_string(max) + ", not '" + value + "'");
    }
    return parsed;
  }

  const std::vector<std::string>& rest() const { return rest_; }

  void reject_unknown() const {
    if (!values_.empty()) give_up("unknown option --" + values_.begin()->first);
  }

 private:
  std::map<std::string, std::string> values_;
  std::vector<std::string> rest_;
};

}  // namespace bench
