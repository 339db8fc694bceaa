#include "common/config/upstreams.h"

#include <cerrno>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "common/config/config_file.h"
#include "common/config/config_row.h"
#include "common/net/url.h"
#include "common/secrets/secrets.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"

namespace chatgate {
namespace {

using nlohmann::json;

Result<std::string> read_secret_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    return fail(ErrorCode::kInvalidArgument,
                "cannot read " + quote(path) + ": " + std::generic_category().message(errno));
  }
  return std::string(trim(text.str()));
}

Result<void> set_name(UpstreamConfig& upstream, const json& value) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    return fail(ErrorCode::kInvalidArgument, "expected a name in quotes");
  }
  upstream.name = value.get<std::string>();
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (upstream.name.size() > 64 || upstream.name.find_first_not_of(kAllowed) != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument,
                quote(upstream.name) + " may have up to 64 letters, digits and . _ -");
  }
  return {};
}

Result<void> set_url(std::string& field, const json& value, Normalize normalize) {
  if (!value.is_string()) return fail(ErrorCode::kInvalidArgument, "expected a URL in quotes");
  return normalize(value.get<std::string>()).map([&](std::string url) { field = std::move(url); });
}

Result<void> set_keys(UpstreamConfig& upstream, const json& value, const Lookup& lookup) {
  const json list = value.is_array() ? value : json::array({value});
  if (!upstream.keys.empty()) {
    return fail(ErrorCode::kInvalidArgument, "give either key or keys, not both");
  }
  for (const auto& item : list) {
    if (!item.is_string()) return fail(ErrorCode::kInvalidArgument, "expected a key in quotes");
    auto key = resolve_secret(item.get<std::string>(), lookup);
    if (!key) return tl::unexpected(std::move(key.error()));
    upstream.keys.push_back(std::move(*key));
  }
  return {};
}

Result<void> set_duration(int64_t& field, const json& value) {
  ConfigRow row;
  row.key.type = "duration";
  row.field = &Settings::idle_timeout_ms;  // any duration: read here and copied
  row.min = 1;
  row.max = 86'400'000;
  Settings scratch;
  return text_of_json("duration", value)
      .and_then([&](const std::string& text) { return set_value(row, text, scratch); })
      .map([&](const std::string&) { field = scratch.idle_timeout_ms; });
}

Result<void> set_weight(UpstreamConfig& upstream, const json& value) {
  if (!value.is_number_integer() || value < 1 || value > 1'000'000) {
    return fail(ErrorCode::kInvalidArgument, "expected a whole number from 1 to 1000000");
  }
  upstream.weight = value.get<int64_t>();
  return {};
}

Result<void> set_models(UpstreamConfig& upstream, const json& value) {
  const auto text = text_of_json("list", value);
  if (!text) return tl::unexpected(text.error());
  upstream.models = split_list(*text);
  for (const auto& model : upstream.models) {
    if (model.find('*') < model.size() - 1) {
      return fail(ErrorCode::kInvalidArgument, quote(model) + " may have a * only at its end");
    }
  }
  return {};
}

Result<void> set_field(UpstreamConfig& upstream, const std::string& name, const json& value,
                       const Lookup& lookup) {
  static const std::vector<std::string> names{"name",        "base_url",        "key",
                                              "keys",        "weight",          "proxy",
                                              "models",      "connect_timeout", "response_timeout",
                                              "idle_timeout"};
  if (name == "name") return set_name(upstream, value);
  if (name == "base_url") return set_url(upstream.base_url, value, parse_base_url);
  if (name == "proxy") return set_url(upstream.proxy, value, parse_proxy_url);
  if (name == "key" || name == "keys") return set_keys(upstream, value, lookup);
  if (name == "weight") return set_weight(upstream, value);
  if (name == "models") return set_models(upstream, value);
  if (name == "connect_timeout") return set_duration(upstream.connect_timeout_ms, value);
  if (name == "response_timeout") return set_duration(upstream.response_timeout_ms, value);
  if (name == "idle_timeout") return set_duration(upstream.idle_timeout_ms, value);
  return fail(ErrorCode::kInvalidArgument, "unknown key" + did_you_mean(name, names));
}

tl::unexpected<Error> at(const std::string& path, const std::string& problem) {
  return fail(ErrorCode::kInvalidArgument, path + ": " + problem);
}

tl::unexpected<Error> at(const std::string& path, const std::string& name,
                         const std::string& problem) {
  return at(path + "." + name, problem);
}

Result<UpstreamConfig> parse_upstream(const json& value, const std::string& path,
                                      const Lookup& lookup) {
  if (!value.is_object()) return at(path, "expected an object with name and base_url");
  UpstreamConfig upstream;
  for (const auto& [name, field] : value.items()) {
    const auto set = set_field(upstream, name, field, lookup);
    if (!set) return at(path, name, set.error().message);
  }
  if (upstream.name.empty()) return at(path, "the name is missing");
  if (upstream.base_url.empty()) return at(path, "base_url is missing");
  return upstream;
}

}  // namespace

Result<std::string> resolve_secret(const std::string& key, const Lookup& lookup) {
  Result<std::string> secret(key);
  if (key.starts_with("env:")) {
    secret = lookup(key.substr(4));
    if (secret->empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "the environment has no variable " + quote(key.substr(4)));
    }
  } else if (key.starts_with("file:")) {
    secret = read_secret_file(key.substr(5));
  }
  if (secret && secret->empty()) return fail(ErrorCode::kInvalidArgument, "the key is empty");
  if (secret) {
    if (auto checked = check_upstream_key(*secret); !checked) {
      return tl::unexpected(std::move(checked.error()));
    }
  }
  return secret;
}

Result<std::vector<UpstreamConfig>> parse_upstreams(const json& value, const Lookup& lookup) {
  if (!value.is_array()) return at("upstreams", "expected a list of objects");
  std::vector<UpstreamConfig> upstreams;
  std::set<std::string> names;
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string path = "upstreams[" + std::to_string(i) + "]";
    auto upstream = parse_upstream(value[i], path, lookup);
    if (!upstream) return tl::unexpected(std::move(upstream.error()));
    if (!names.insert(upstream->name).second) {
      return at(path + ".name", quote(upstream->name) + " is the name of another upstream");
    }
    upstreams.push_back(std::move(*upstream));
  }
  return upstreams;
}

std::set<std::string> variables_of_upstreams(const json& value) {
  std::set<std::string> names;
  const auto collect = [&](const json& key) {
    if (!key.is_string()) return;
    const auto& text = key.get_ref<const std::string&>();
    if (text.starts_with("env:")) names.insert(text.substr(4));
  };
  if (!value.is_array()) return names;
  for (const auto& upstream : value) {
    if (!upstream.is_object()) continue;
    if (upstream.contains("key")) collect(upstream["key"]);
    if (!upstream.contains("keys") || !upstream["keys"].is_array()) continue;
    for (const auto& key : upstream["keys"]) collect(key);
  }
  return names;
}

std::string summary_of(const std::vector<UpstreamConfig>& upstreams) {
  std::vector<std::string> words;
  words.reserve(upstreams.size());
  for (const auto& upstream : upstreams) {
    words.push_back(upstream.name + "=" + mask_url(upstream.base_url));
  }
  return join_list(words);
}

}  // namespace chatgate
