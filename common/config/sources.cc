#include "common/config/sources.h"

#include <algorithm>
#include <array>

#include "common/config/config_file.h"
#include "common/net/address.h"
#include "common/net/url.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"

namespace chatgate {
namespace {

constexpr std::string_view kPrefix = "CHATGATE_";

tl::unexpected<Error> invalid(const std::string& message) {
  return fail(ErrorCode::kInvalidArgument, message);
}

tl::unexpected<Error> invalid_key(const std::string& origin, const std::string& key,
                                  const std::string& problem) {
  return invalid(origin + ": " + key + ": " + problem);
}

// --- the environment -------------------------------------------------------------------------

// One source of variables and how its name reads in a message.
struct Variables {
  const Environment& environment;
  const std::string& label;

  // An empty variable counts as none: that is how people switch one off.
  std::string get(const std::string& name) const {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  }
  std::string origin(const std::string& name) const { return label + " " + name; }
};

struct Variant {
  std::string name;
  std::string text;
};

Result<void> check_agreement(const Variables& variables, const Variant& a, const Variant& b,
                             bool is_secret) {
  if (a.text == b.text) return {};
  const auto shown = [&](const Variant& variant) {
    const std::string value = is_secret ? "" : " (" + mask_url(variant.text) + ")";
    return variables.origin(variant.name) + value;
  };
  return invalid(shown(a) + " and " + shown(b) + " disagree; remove one of them");
}

// The first of `names` that is set; all that are set must agree.
Result<Variant> agreed_value(const Variables& variables, const std::vector<std::string>& names) {
  Variant first;
  for (const auto& name : names) {
    const Variant variant{name, variables.get(name)};
    if (variant.text.empty()) continue;
    if (first.text.empty()) {
      first = variant;
    } else if (auto agreed = check_agreement(variables, first, variant, false); !agreed) {
      return tl::unexpected(std::move(agreed.error()));
    }
  }
  return first;
}

// The address to listen on from a host and a port that come as two variables.
Result<Given> listen_of_parts(const Variables& variables, const ConfigRow& row) {
  const auto host = agreed_value(variables, {"BIND_ADDRESS", "SERVER_HOST"});
  if (!host) return tl::unexpected(host.error());
  const auto port = agreed_value(variables, {"PORT", "SERVER_PORT"});
  if (!port) return tl::unexpected(port.error());
  auto address = parse_host_port(row.key.default_text);
  std::vector<std::string> names;
  if (!host->text.empty()) {
    address->host = host->text;
    names.push_back(host->name);
  }
  if (!port->text.empty()) {
    const auto number = parse_integer(port->text);
    if (!number || *number < 0 || *number > 65'535) {
      return invalid(variables.origin(port->name) + ": listen: " + quote(port->text) +
                     " is not a port; write a number from 0 to 65535");
    }
    address->port = static_cast<uint16_t>(*number);
    names.push_back(port->name);
  }
  const Given parts{names.empty() ? "" : format_host_port(*address),
                    variables.origin(join_list(names))};
  const Variant own{environment_name_of(row.key), variables.get(environment_name_of(row.key))};
  if (own.text.empty()) return parts;
  if (const auto whole = parse_host_port(own.text); whole && !names.empty()) {
    if (host->text.empty()) address->host = whole->host;
    if (port->text.empty()) address->port = whole->port;
    const Variant other{join_list(names), format_host_port(*address)};
    auto agreed = check_agreement(variables, {own.name, format_host_port(*whole)}, other, false);
    if (!agreed) return tl::unexpected(std::move(agreed.error()));
  }
  return Given{own.text, variables.origin(own.name)};
}

// An alias's text in the terms of its key; empty when it means something else here.
Result<std::string> text_of_alias(const Variables& variables, const ConfigRow& row,
                                  const std::string& alias) {
  std::string text = variables.get(alias);
  if (alias == "OPENAI_URL" && !text.empty()) {
    constexpr std::string_view kTail = "/chat/completions";
    while (text.ends_with('/')) text.pop_back();
    if (!text.ends_with(kTail)) {
      return invalid(variables.origin(alias) + ": " + quote(mask_url(text)) +
                     " does not end in /chat/completions; a base URL goes into OPENAI_BASE_URL");
    }
    text.resize(text.size() - kTail.size());
  }
  if (alias == "SOCKS_PROXY" && !text.empty() && text.find("://") == text.npos) {
    text.insert(0, "socks5://");
  }
  // Elsewhere OPENAI_PROXY is a switch with another purpose; and another program's database may
  // stand beside the name of ours.
  const bool is_switch = alias == "OPENAI_PROXY" && parse_boolean(text);
  const bool is_foreign = row.key.name == "db" && names_other_database(text) &&
                          !variables.get(environment_name_of(row.key)).empty();
  if (is_switch || is_foreign) text.clear();
  return text;
}

Result<Given> value_of(const Variables& variables, const ConfigRow& row,
                       const std::set<std::string>& ignored) {
  if (row.key.name == "listen") return listen_of_parts(variables, row);
  std::vector<Variant> variants;
  const std::string own_name = environment_name_of(row.key);
  if (std::string text = variables.get(own_name); !text.empty()) {
    variants.push_back({own_name, std::move(text)});
  }
  for (const auto& alias : row.key.aliases) {
    if (ignored.contains(alias)) continue;
    auto text = text_of_alias(variables, row, alias);
    if (!text) return tl::unexpected(std::move(text.error()));
    if (!text->empty()) variants.push_back({alias, std::move(*text)});
  }
  if (variants.empty()) return Given{};
  for (auto& variant : variants) {
    if (row.normalize == nullptr) continue;
    // What cannot be read is reported when it is put into force.
    if (auto normal = row.normalize(variant.text)) variant.text = std::move(*normal);
  }
  for (const auto& variant : variants) {
    auto agreed = check_agreement(variables, variants.front(), variant, row.key.is_secret);
    if (!agreed) return tl::unexpected(std::move(agreed.error()));
  }
  return Given{variants.front().text, variables.origin(variants.front().name)};
}

// Names beginning with CHATGATE_ that are not keys: the master key's, the source folder's that the
// tests set, and those that Kubernetes sets for a service called "chatgate".
bool is_other_name(std::string_view name) {
  constexpr std::array<std::string_view, 4> kExact{"CHATGATE_MASTER_KEY", "CHATGATE_ROOT",
                                                   "CHATGATE_PORT", "CHATGATE_SERVICE_HOST"};
  for (const auto& exact : kExact) {
    if (name == exact) return true;
  }
  return name.starts_with("CHATGATE_PORT_") || name.starts_with("CHATGATE_SERVICE_PORT");
}

Result<void> check_names(const Variables& variables) {
  std::vector<std::string> known{"CHATGATE_MASTER_KEY"};
  for (const auto& row : config_rows()) known.push_back(environment_name_of(row.key));
  for (const auto& [name, value] : variables.environment) {
    if (!name.starts_with(kPrefix) || value.empty() || is_other_name(name)) continue;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return invalid(variables.origin(name) + ": unknown key" + did_you_mean(name, known));
    }
    for (const auto& row : config_rows()) {
      if (row.key.file_only && environment_name_of(row.key) == name) {
        return invalid_key(variables.origin(name), row.key.name,
                           "it can be given in the configuration file only");
      }
    }
  }
  return {};
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const auto& row : config_rows()) names.push_back(row.key.name);
  return names;
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
    if (row->key.is_secret || (row->key.type == "text" && has_password(text))) {
      return invalid("flag " + flag +
                     ": every user of this machine could read this secret off the command line; "
                     "put it into the environment as " +
                     environment_name_of(row->key));
    }
    source.values[name] = {text, "flag " + flag};
  }
  return source;
}

Result<Source> collect_environment(const Environment& environment, const std::string& label,
                                   const Rows& rows, const std::set<std::string>& ignored) {
  const Variables variables{environment, label};
  if (auto checked = check_names(variables); !checked) {
    return tl::unexpected(std::move(checked.error()));
  }
  Source source;
  for (const ConfigRow* row : rows) {
    if (row->key.file_only) continue;
    auto given = value_of(variables, *row, ignored);
    if (!given) return tl::unexpected(std::move(given.error()));
    if (!given->text.empty()) source.values[row->key.name] = std::move(*given);
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
      source.values[name] = {"", origin};
      continue;
    }
    const auto text = text_of_json(row->key.type, value);
    if (!text) return invalid_key(origin, name, text.error().message);
    source.values[name] = {*text, origin};
  }
  return source;
}

Error describe(const Given& given, const ConfigRow& row, const std::string& problem) {
  const bool is_spelled = given.origin.ends_with(" " + environment_name_of(row.key)) ||
                          given.origin.ends_with(" " + flag_name_of(row.key));
  return {ErrorCode::kInvalidArgument,
          given.origin + (is_spelled ? ": " : ": " + row.key.name + ": ") + problem};
}

}  // namespace chatgate
