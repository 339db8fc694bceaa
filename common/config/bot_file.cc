// openai-api's config.json, whose name is so common that the file is often somebody else's.

#include "common/config/config_file.h"
#include "common/config/explain.h"
#include "common/config/foreign_names.h"
#include "common/config/sources.h"
#include "common/text/quantity.h"
#include "common/text/text_file.h"

namespace chatgate {
namespace {

using nlohmann::json;

constexpr int64_t kBotFileBytesMax = 1 << 20;
constexpr const char* kKeyOfKeys = "api_key";

const BotFileKey* find_key(std::string_view name) {
  for (const auto& key : bot_file_keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

// Whether a file that is no JSON object seems to have been meant as one of this program.
bool seems_ours(const std::string& path) {
  const auto text = read_text_file(path, kBotFileBytesMax);
  return text && text->find("\"api_key\"") != text->npos;
}

// Why the file is not that program's; empty when it is.
std::string doubt_about(const json& file, const std::vector<std::string>& unknown,
                        bool is_expected) {
  const bool has_known = file.size() > unknown.size();
  if (!has_known) return "it has none of openai-api's keys";
  if (file.contains(kKeyOfKeys) || unknown.empty() || is_expected) return "";
  return "it has no api_key, as openai-api's would, but " + quote(unknown.front());
}

Result<void> collect_key(const BotFileKey& key, const json& value, const std::string& origin,
                         Source& source) {
  const std::string name(key.name);
  if (value.is_null()) return {};
  if (!value.is_string() && !value.is_number()) {
    return fail(ErrorCode::kInvalidArgument, origin + ": expected a text or a number");
  }
  Given given{value.is_string() ? value.get<std::string>() : value.dump(), origin, name};
  if (given.text.empty()) return {};
  const ForeignName& foreign = *find_foreign_name(key.variable);
  if (foreign.key == "listen") {
    auto port = checked_port(std::move(given));
    if (!port) return tl::unexpected(std::move(port.error()));
    source.port = std::move(*port);
    return {};
  }
  if (foreign.translate != nullptr) given.text = foreign.translate(given.text).value_or(given.text);
  source.values[std::string(foreign.key)] = std::move(given);
  return {};
}

}  // namespace

Result<Source> collect_bot_file(const std::string& path, bool is_expected) {
  Source source;
  const auto pass_over = [&](const std::string& why) {
    source.notes.push_back("file " + path + " is passed over: " + why);
    return source;
  };
  const auto file = read_config_file(path);
  if (!file) {
    if (is_expected || seems_ours(path)) return tl::unexpected(file.error());
    return pass_over("it is no JSON object, so not openai-api's");
  }
  std::vector<std::string> unknown;
  for (const auto& [name, value] : file->items()) {
    if (find_key(name) == nullptr) unknown.push_back(name);
  }
  const std::string doubt = doubt_about(*file, unknown, is_expected);
  if (!doubt.empty()) return pass_over(doubt);
  if (!unknown.empty()) {
    source.notes.push_back("file " + path + ": " + enumerated(unknown) +
                           (unknown.size() == 1 ? " is not a key" : " are not keys") +
                           " of openai-api; passed over, as it did");
  }
  for (const auto& [name, value] : file->items()) {
    const BotFileKey* key = find_key(name);
    if (key == nullptr) continue;
    auto collected = collect_key(*key, value, "file " + path + " " + name, source);
    if (!collected) return tl::unexpected(std::move(collected.error()));
  }
  return source;
}

}  // namespace chatgate
