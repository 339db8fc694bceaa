// PURPOSE: one Config out of flags, environment, .env, file and defaults.
// DESIGN: each source gives texts by key; the strongest text of a key is read into its field. The
// one upstream of upstream_url and upstream_key is built last, because it competes with the file's
// `upstreams` as a whole.

#include <array>
#include <filesystem>
#include <initializer_list>

#include "common/config/config.h"
#include "common/config/config_row.h"
#include "common/config/sources.h"
#include "common/config/upstreams.h"
#include "common/net/url.h"
#include "common/secrets/secrets.h"

namespace chatgate {
namespace {

constexpr std::string_view kFileName = "chatgate.json";
constexpr std::string_view kOpenAiUrl = "https://api.openai.com/v1";
constexpr std::string_view kDefaultUpstream = "default";

enum Strength : size_t { kFlag, kEnvironment, kDotEnv, kFile, kSourceCount };

class Loader {
 public:
  Loader(std::string file, const Environment& environment)
      : path_(std::move(file)), environment_(environment) {}

  Result<void> collect(const ConfigFlags& flags, const Rows& rows) {
    auto flag_source = collect_flags(flags);
    if (!flag_source) return tl::unexpected(std::move(flag_source.error()));
    sources_[kFlag] = std::move(*flag_source);

    std::error_code ignored;
    if (path_.empty() && std::filesystem::exists(kFileName, ignored)) path_ = kFileName;
    if (!path_.empty()) {
      auto file_source = collect_file(path_);
      if (!file_source) return tl::unexpected(std::move(file_source.error()));
      sources_[kFile] = std::move(*file_source);
    }

    auto dot_env = read_dot_env(".env");
    if (!dot_env) return tl::unexpected(std::move(dot_env.error()));
    dot_env_ = std::move(*dot_env);
    // A variable that an upstream of the file names as its key is that upstream's, not an alias.
    const auto spoken_for = variables_of_upstreams(sources_[kFile].upstreams);
    auto process = collect_environment(environment_, "environment", rows, spoken_for);
    if (!process) return tl::unexpected(std::move(process.error()));
    sources_[kEnvironment] = std::move(*process);
    auto beside = collect_environment(dot_env_, ".env", rows, spoken_for);
    if (!beside) return tl::unexpected(std::move(beside.error()));
    sources_[kDotEnv] = std::move(*beside);
    return {};
  }

  Result<void> apply(const Rows& rows) {
    for (const ConfigRow* row : rows) {
      if (auto applied = apply_row(*row); !applied) return applied;
    }
    return {};
  }

  Result<void> build_upstreams();

  LoadedConfig take() && { return {std::move(settings_), std::move(origins_)}; }

 private:
  // The strongest source that gives `key`; kSourceCount when none does.
  size_t strength_of(const std::string& key) const {
    size_t strength = 0;
    while (strength < kSourceCount && !sources_[strength].values.contains(key)) ++strength;
    return strength;
  }

  const Given& given(size_t strength, const std::string& key) const {
    return sources_.at(strength).values.at(key);
  }

  Result<void> apply_row(const ConfigRow& row) {
    const size_t strength = strength_of(row.key.name);
    const bool is_default = strength == kSourceCount;
    const Given value =
        is_default ? Given{row.key.default_text, "default"} : given(strength, row.key.name);
    // The defaults stand in Config; those of no text have nothing to read.
    auto text = is_default && value.text.empty() ? Result<std::string>("")
                                                 : set_value(row, value.text, settings_);
    if (!text) return tl::unexpected(describe(value, row, text.error().message));
    if (const auto in_file = sources_[kFile].values.find(row.key.name);
        in_file != sources_[kFile].values.end()) {
      Settings scratch;
      const auto checked = set_value(row, in_file->second.text, scratch);
      if (!checked) return tl::unexpected(describe(in_file->second, row, checked.error().message));
    }
    if (row.key.is_secret && !text->empty()) text = mask(*text);
    if (row.key.type == "text") text = mask_url(*text);
    origins_.push_back({row.key.name, std::move(*text), value.origin});
    return {};
  }

  ConfigOrigin& origin_of(std::string_view key) {
    for (auto& origin : origins_) {
      if (origin.key == key) return origin;
    }
    return origins_.emplace_back(ConfigOrigin{std::string(key), "", "default"});
  }

  std::string lookup(const std::string& name) const {
    for (const Environment* environment : {&environment_, &dot_env_}) {
      const auto found = environment->find(name);
      if (found != environment->end() && !found->second.empty()) return found->second;
    }
    return {};
  }

  Result<UpstreamConfig> single_upstream();

  std::string path_;
  const Environment& environment_;
  Environment dot_env_;
  std::array<Source, kSourceCount> sources_;
  Settings settings_;
  std::vector<ConfigOrigin> origins_;
};

Result<UpstreamConfig> Loader::single_upstream() {
  UpstreamConfig upstream;
  upstream.name = kDefaultUpstream;
  upstream.base_url = settings_.upstream_url.empty() ? kOpenAiUrl : settings_.upstream_url;
  if (!settings_.upstream_key.empty()) {
    const auto key = resolve_secret(settings_.upstream_key,
                                    [this](const std::string& name) { return lookup(name); });
    if (!key) {
      const auto& source = given(strength_of("upstream_key"), "upstream_key");
      return tl::unexpected(
          describe(source, *find_config_row("upstream_key"), key.error().message));
    }
    upstream.keys.push_back(*key);
    origin_of("upstream_key").value = mask(*key);
  }
  return upstream;
}

Result<void> Loader::build_upstreams() {
  const Source& file = sources_[kFile];
  const bool has_list = file.values.contains("upstreams");
  std::string stronger;  // the one of upstream_url and upstream_key that displaces the list
  for (const std::string key : {"upstream_key", "upstream_url"}) {
    const size_t strength = strength_of(key);
    if (strength == kSourceCount || given(strength, key).text.empty()) continue;
    if (has_list && strength == kFile) {
      return fail(ErrorCode::kInvalidArgument,
                  "file " + path_ + ": " + key + " and upstreams exclude each other; remove one");
    }
    stronger = key + " from " + given(strength, key).origin;
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

Rows rows_named(std::initializer_list<std::string_view> names) {
  Rows rows;
  for (const auto& row : config_rows()) {
    bool is_wanted = names.size() == 0;
    for (const auto& name : names) is_wanted = is_wanted || row.key.name == name;
    if (is_wanted) rows.push_back(&row);
  }
  return rows;
}

}  // namespace

Result<LoadedConfig> load_config(const std::string& file, const ConfigFlags& flags,
                                 const Environment& environment) {
  const Rows rows = rows_named({});
  Loader loader(file, environment);
  return loader.collect(flags, rows)
      .and_then([&] { return loader.apply(rows); })
      .and_then([&] { return loader.build_upstreams(); })
      .map([&] { return std::move(loader).take(); });
}

Result<LoadedConfig> load_admin_config(const std::string& file, const ConfigFlags& flags,
                                       const Environment& environment) {
  const Rows rows = rows_named({"db", "master_key_file"});
  Loader loader(file, environment);
  return loader.collect(flags, rows).and_then([&] { return loader.apply(rows); }).map([&] {
    return std::move(loader).take();
  });
}

}  // namespace chatgate
