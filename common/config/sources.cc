#include "common/config/sources.h"

#include "common/config/config_file.h"
#include "common/net/url.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"

namespace chatgate {
namespace {

tl::unexpected<Error> invalid(const std::string& message) {
  return fail(ErrorCode::kInvalidArgument, message);
}

tl::unexpected<Error> invalid_key(const std::string& origin, const std::string& key,
                                  const std::string& problem) {
  return invalid(origin + ": " + key + ": " + problem);
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const auto& row : config_rows()) names.push_back(row.key.name);
  return names;
}

// In place of a sentence that quotes what was given.
std::string expected_secret(const ConfigKey& key) {
  return key.type == "object" ? "expected an object of names and texts, none with a comma in it"
                              : "expected a text in quotes";
}

}  // namespace

Result<Source> collect_flags(const ConfigFlags& flags) {
  Source source;
  for (const auto& [name, text] : flags) {
    const ConfigRow* row = find_config_row(name);
    if (row == nullptr) {
      return invalid_key("flag", name, "unknown key" + did_you_mean(name, key_names()));
    }
    const std::string flag = flag_name_of(row->key);
    if (row->key.file_only) {
      return invalid_key("flag " + flag, name, "it can be given in the configuration file only");
    }
    if (row->key.is_secret || (is_address(text) && has_password(text))) {
      return invalid("flag " + flag +
                     ": every user of this machine could read this secret off the command line; "
                     "put it into the environment as " +
                     environment_name_of(row->key));
    }
    source.values[name] = {text, "flag " + flag, flag};
  }
  return source;
}

Result<Source> collect_file(const std::string& path) {
  const auto file = read_config_file(path);
  if (!file) return tl::unexpected(file.error());
  const std::string origin = "file " + path;
  Source source;
  for (const auto& [name, value] : file->items()) {
    const ConfigRow* row = find_config_row(name);
    if (row == nullptr) {
      return invalid_key(origin, name, "unknown key" + did_you_mean(name, key_names()));
    }
    if (name == "upstreams") {
      source.upstreams = value;
      source.values[name] = {"", origin, name};
      continue;
    }
    const auto text = text_of_json(row->key.type, value);
    if (!text) {
      const auto& problem = text.error().message;
      return invalid_key(origin, name, row->key.is_secret ? expected_secret(row->key) : problem);
    }
    source.values[name] = {*text, origin, name};
  }
  return source;
}

size_t Sources::strength_of(const std::string& key) const {
  size_t strength = 0;
  while (strength < kSourceCount && !all.at(strength).values.contains(key)) ++strength;
  return strength;
}

const Given* Sources::find(const std::string& key) const {
  const size_t strength = strength_of(key);
  return strength == kSourceCount ? nullptr : &all.at(strength).values.at(key);
}

Result<Given> checked_port(Given port) {
  const auto number = parse_integer(port.text);
  if (number && *number >= 0 && *number <= 65'535) return port;
  return invalid_key(port.origin, "listen",
                     quote(port.text) + " is not a port; write a number from 0 to 65535");
}

Error describe(const Given& given, const ConfigRow& row, const std::string& problem) {
  const bool is_spelled = given.origin.ends_with(" " + environment_name_of(row.key)) ||
                          given.origin.ends_with(" " + flag_name_of(row.key));
  return {ErrorCode::kInvalidArgument,
          given.origin + (is_spelled ? ": " : ": " + row.key.name + ": ") + problem};
}

}  // namespace chatgate
