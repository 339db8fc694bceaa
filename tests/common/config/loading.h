// What the tests of the configuration share: loading that must succeed, or must fail.
#pragma once

#include <catch2/catch_all.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config.h"

namespace chatgate {

inline Config load_or_fail(const ConfigFlags& flags, const Environment& environment) {
  auto loaded = load_config("", flags, environment);
  if (!loaded) FAIL(loaded.error().message);
  return loaded->config;
}

inline std::string load_error(const ConfigFlags& flags, const Environment& environment) {
  const auto loaded = load_config("", flags, environment);
  if (loaded) FAIL("no error");
  CHECK(loaded.error().code == ErrorCode::kInvalidArgument);
  return loaded.error().message;
}

inline ConfigOrigin origin_in(const LoadedConfig& loaded, std::string_view key) {
  for (const auto& origin : loaded.origins) {
    if (origin.key == key) return origin;
  }
  return {};
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace chatgate
