// PURPOSE: one Config out of flags, environment, .env, the files and defaults.
// DESIGN: each source gives texts by key; the strongest text of a key is read into its field. What
// depends on several keys comes after all of them: the one upstream of upstream_url and
// upstream_key, which competes with the file's `upstreams` as a whole, and what the settings of
// other programs imply (implications.h).

#include <filesystem>
#include <initializer_list>

#include "common/config/config.h"
#include "common/config/config_row.h"
#include "common/config/environment_source.h"
#include "common/config/explain.h"
#include "common/config/implications.h"
#include "common/config/sources.h"
#include "common/config/upstreams.h"
#include "common/messages/language.h"
#include "common/net/address.h"
#include "common/secrets/secrets.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr std::string_view kFileName = "chatgate.json";
constexpr const char* kBotFileName = "config.json";
constexpr std::string_view kOpenAiUrl = "https://api.openai.com/v1";
constexpr std::string_view kDefaultUpstream = "default";

enum class Purpose : uint8_t { kServe, kAdministration };

Rows rows_named(std::initializer_list<std::string_view> names) {
  Rows rows;
  for (const auto& row : config_rows()) {
    bool is_wanted = names.size() == 0;
    for (const auto& name : names) is_wanted = is_wanted || row.key.name == name;
    if (is_wanted) rows.push_back(&row);
  }
  return rows;
}

class Loader {
 public:
  Loader(std::string file, const Environment& environment, Purpose purpose)
      : path_(std::move(file)),
        purpose_(purpose),
        rows_(purpose == Purpose::kServe ? rows_named({}) : rows_named({"db", "master_key_file"})),
        environment_{environment, "environment"} {}

  Result<LoadedConfig> load(const ConfigFlags& flags) {
    if (auto done = collect(flags); !done) return tl::unexpected(std::move(done.error()));
    if (auto done = apply_rows(); !done) return tl::unexpected(std::move(done.error()));
    if (purpose_ == Purpose::kServe) {
      if (auto done = build_upstreams(); !done) return tl::unexpected(std::move(done.error()));
      Facts facts{sources_, environment_, dot_env_, settings_, loaded_};
      if (auto done = apply_implications(facts); !done) {
        return tl::unexpected(std::move(done.error()));
      }
    }
    for (const auto& source : sources_.all) {
      loaded_.notes.insert(loaded_.notes.end(), source.notes.begin(), source.notes.end());
    }
    loaded_.config = std::move(settings_);
    return std::move(loaded_);
  }

 private:
  Result<void> collect(const ConfigFlags& flags);
  Result<void> collect_files();
  Result<void> collect_variables();

  Result<void> apply_rows();
  Result<Given> resolve(const ConfigRow& row);
  Result<Given> resolve_listen(const ConfigRow& row);
  Result<Given> resolve_db(const ConfigRow& row);
  Given resolve_language(const ConfigRow& row);
  Result<void> check_hidden(const ConfigRow& row) const;

  Result<void> build_upstreams();
  Result<UpstreamConfig> single_upstream();

  std::string lookup(const std::string& name) const {
    std::string value = environment_.get_anyway(name);
    return value.empty() ? dot_env_.get_anyway(name) : value;
  }
  ConfigOrigin& origin_of(std::string_view key) { return chatgate::origin_of(loaded_, key); }
  void note(std::string sentence) { loaded_.notes.push_back(std::move(sentence)); }

  std::string path_;
  Purpose purpose_;
  Rows rows_;
  Variables environment_;
  Environment dot_env_values_;
  Variables dot_env_{dot_env_values_, ".env"};
  Sources sources_;
  Settings settings_;
  LoadedConfig loaded_;
};

// ---- What each source gives
// ----------------------------------------------------------------------

Result<void> keep(Source& source, Result<Source> collected) {
  if (!collected) return tl::unexpected(std::move(collected.error()));
  source = std::move(*collected);
  return {};
}

Result<void> Loader::collect(const ConfigFlags& flags) {
  return keep(sources_.all[kFlag], collect_flags(flags))
      .and_then([&] { return collect_files(); })
      .and_then([&] { return collect_variables(); });
}

Result<void> Loader::collect_files() {
  std::error_code ignored;
  if (path_.empty() && std::filesystem::exists(kFileName, ignored)) path_ = kFileName;
  if (!path_.empty()) {
    if (auto kept = keep(sources_.all[kFile], collect_file(path_)); !kept) return kept;
  }
  auto dot_env = read_dot_env(".env");
  if (!dot_env) return tl::unexpected(std::move(dot_env.error()));
  dot_env_values_ = std::move(*dot_env);
  // A variable that an upstream of the file names as its key is that upstream's, not a foreign
  // name.
  environment_.taken = dot_env_.taken = variables_of_upstreams(sources_.all[kFile].upstreams);
  const bool is_same_file = path_ == kBotFileName;
  if (purpose_ != Purpose::kServe || is_same_file ||
      !std::filesystem::is_regular_file(kBotFileName, ignored)) {
    return {};
  }
  const bool is_expected = !environment_.get("APIKEY").empty() || !dot_env_.get("APIKEY").empty();
  return keep(sources_.all[kBotFile], collect_bot_file(kBotFileName, is_expected));
}

Result<void> Loader::collect_variables() {
  auto& near = sources_.all[kEnvironment];
  auto& far = sources_.all[kDotEnv];
  if (auto kept = keep(near, collect_environment(environment_, rows_)); !kept) return kept;
  if (auto kept = keep(far, collect_environment(dot_env_, rows_)); !kept) return kept;
  if (purpose_ != Purpose::kServe) return {};
  auto users = static_users_of_lists(environment_, dot_env_);
  if (!users) return tl::unexpected(std::move(users.error()));
  if (!*users) return {};
  auto& values = environment_.get((*users)->name).empty() ? far.values : near.values;
  const auto [place, is_new] = values.emplace("static_users", **users);
  if (is_new) return {};
  const auto normal = [row = find_config_row("static_users")](const Given& given) {
    Settings scratch;
    return set_value(*row, given.text, scratch).value_or("");
  };
  if (normal(place->second) == normal(**users)) return {};
  return fail(ErrorCode::kInvalidArgument,
              place->second.origin + " and " + (*users)->origin + " disagree; remove one of them");
}

// ---- The strongest of them into force
// ------------------------------------------------------------

Result<void> Loader::apply_rows() {
  for (const ConfigRow* row : rows_) {
    const auto given = resolve(*row);
    if (!given) return tl::unexpected(given.error());
    // The defaults stand in Config; those of no text have nothing to read.
    const bool is_nothing = given->origin == "default" && given->text.empty();
    auto text = is_nothing ? Result<std::string>("") : set_value(*row, given->text, settings_);
    if (!text) return tl::unexpected(describe(*given, *row, text.error().message));
    if (auto checked = check_hidden(*row); !checked) return checked;
    loaded_.origins.push_back({row->key.name, shown_value(*row, *text), given->origin});
  }
  return {};
}

Result<Given> Loader::resolve(const ConfigRow& row) {
  if (row.key.name == "listen") return resolve_listen(row);
  if (row.key.name == "db") return resolve_db(row);
  if (row.key.name == "language") return resolve_language(row);
  const Given* given = sources_.find(row.key.name);
  return given != nullptr ? *given : Given{row.key.default_text, "default"};
}

// Host and port each come from the strongest source that says anything about them.
Result<Given> Loader::resolve_listen(const ConfigRow& row) {
  auto address = *parse_host_port(row.key.default_text);
  bool has_host = false;
  bool has_port = false;
  std::vector<std::string> origins;
  for (const auto& source : sources_.all) {
    if (const auto whole = source.values.find(row.key.name); whole != source.values.end()) {
      const auto parsed = parse_host_port(whole->second.text);
      if (!parsed) return tl::unexpected(describe(whole->second, row, parsed.error().message));
      if (!has_host) address.host = parsed->host;
      if (!has_port) address.port = parsed->port;
      if (!has_host || !has_port) origins.push_back(whole->second.origin);
      break;
    }
    if (source.host && !has_host) {
      address.host = source.host->text;
      origins.push_back(source.host->origin);
      has_host = true;
    }
    if (source.port && !has_port) {
      address.port = static_cast<uint16_t>(*parse_integer(source.port->text));
      origins.push_back(source.port->origin);
      has_port = true;
    }
  }
  if (origins.empty()) return Given{row.key.default_text, "default"};
  return Given{format_host_port(address), enumerated(origins)};
}

// Addresses of other databases give way to any path; the administrator's verbs, which must work
// whatever the environment holds, then take the default.
Result<Given> Loader::resolve_db(const ConfigRow& row) {
  const Given* given = sources_.find(row.key.name);
  for (const auto& source : sources_.all) {
    if (!source.other_database) continue;
    const std::string what = source.other_database->text.empty()
                                 ? ": these make the address of a PostgreSQL database"
                                 : ": this names another kind of database";
    if (given == nullptr && purpose_ == Purpose::kServe) {
      return fail(ErrorCode::kInvalidArgument,
                  source.other_database->origin + what +
                      ", but chatgate keeps its books in a SQLite file; set CHATGATE_DB to a path, "
                      "such as chatgate.db, and this setting is passed over");
    }
    note(source.other_database->origin + what + "; passed over, as the books are a SQLite file");
  }
  return given != nullptr ? *given : Given{row.key.default_text, "default"};
}

// LANG is set on every machine, so that anything said about chatgate's language is stronger.
Given Loader::resolve_language(const ConfigRow& row) {
  if (const Given* given = sources_.find(row.key.name)) return *given;
  for (const Variables* variables : {&environment_, &dot_env_}) {
    const std::string text = variables->get("LANG");
    if (text.empty()) continue;
    const auto language = parse_language(text);
    if (!language) break;
    return {std::string(language_name(*language)), variables->origin("LANG"), "LANG"};
  }
  return {row.key.default_text, "default"};
}

// What a file says must be right even where a stronger source hides it, so that it is found before
// it matters.
Result<void> Loader::check_hidden(const ConfigRow& row) const {
  for (const Strength strength : {kFile, kBotFile}) {
    const auto& values = sources_.all.at(strength).values;
    const auto given = values.find(row.key.name);
    if (given == values.end()) continue;
    Settings scratch;
    const auto checked = set_value(row, given->second.text, scratch);
    if (!checked) return tl::unexpected(describe(given->second, row, checked.error().message));
  }
  return {};
}

// ---- Upstreams
// -----------------------------------------------------------------------------------

Result<UpstreamConfig> Loader::single_upstream() {
  UpstreamConfig upstream;
  upstream.name = kDefaultUpstream;
  upstream.base_url = settings_.upstream_url.empty() ? kOpenAiUrl : settings_.upstream_url;
  const Given* given = sources_.find("upstream_key");
  if (given == nullptr || given->text.empty()) return upstream;
  std::string shown;
  for (const auto& word : upstream_keys_of(*given)) {
    auto key = resolve_secret(word, [this](const std::string& name) { return lookup(name); });
    if (key) key = check_whose_key(*given, std::move(*key), !settings_.upstream_url.empty());
    if (!key) {
      const ConfigRow& row = *find_config_row("upstream_key");
      return tl::unexpected(describe(*given, row, key.error().message));
    }
    shown += (shown.empty() ? "" : "|") + mask(*key);
    upstream.keys.push_back(std::move(*key));
  }
  origin_of("upstream_key").value = shown;
  return upstream;
}

Result<void> Loader::build_upstreams() {
  const Source& file = sources_.all[kFile];
  const bool has_list = file.values.contains("upstreams");
  std::string stronger;  // the one of upstream_url and upstream_key that displaces the list
  for (const std::string key : {"upstream_key", "upstream_url"}) {
    const Given* given = sources_.find(key);
    if (given == nullptr || given->text.empty()) continue;
    const size_t strength = sources_.strength_of(key);
    if (has_list && strength == kFile) {
      return fail(ErrorCode::kInvalidArgument,
                  "file " + path_ + ": " + key + " and upstreams exclude each other; remove one");
    }
    // Names that any program may use are too weak to send a list's requests elsewhere.
    const bool is_weak = strength > kFile || given->name == "API_KEY" || given->name == "APIKEY";
    if (has_list && is_weak) continue;
    stronger = key + " from " + given->origin;
  }
  if (has_list) {
    auto upstreams =
        parse_upstreams(file.upstreams, [this](const std::string& name) { return lookup(name); });
    if (!upstreams) {
      return fail(ErrorCode::kInvalidArgument, "file " + path_ + ": " + upstreams.error().message);
    }
    ConfigOrigin& origin = origin_of("upstreams");
    origin.value = summary_of(*upstreams);
    if (!stronger.empty()) origin.origin += ", but overruled by " + stronger;
    settings_.upstreams = std::move(*upstreams);
    const Given* key = sources_.find("upstream_key");
    if (stronger.empty() && key != nullptr && !key->text.empty()) {
      origin_of("upstream_key").origin += ", but overruled by upstreams";
      note(key->origin + " is passed over: file " + path_ + " names its upstreams");
    }
  }
  if (!stronger.empty()) {
    auto upstream = single_upstream();
    if (!upstream) return tl::unexpected(std::move(upstream.error()));
    settings_.upstreams = {std::move(*upstream)};
  }
  for (auto& upstream : settings_.upstreams) {
    if (upstream.proxy.empty()) upstream.proxy = settings_.upstream_proxy;
  }
  return {};
}

}  // namespace

Result<LoadedConfig> load_config(const std::string& file, const ConfigFlags& flags,
                                 const Environment& environment) {
  return Loader(file, environment, Purpose::kServe).load(flags);
}

Result<LoadedConfig> load_admin_config(const std::string& file, const ConfigFlags& flags,
                                       const Environment& environment) {
  return Loader(file, environment, Purpose::kAdministration).load(flags);
}

}  // namespace chatgate
