#include "common/config/environment_source.h"

#include <algorithm>
#include <array>

#include "common/config/explain.h"
#include "common/config/foreign_names.h"
#include "common/domain/user.h"
#include "common/net/address.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"

namespace chatgate {
namespace {

constexpr std::string_view kPrefix = "CHATGATE_";

tl::unexpected<Error> invalid(const std::string& message) {
  return fail(ErrorCode::kInvalidArgument, message);
}

struct Variant {
  std::string name;
  std::string text;
};

// For a message that quotes a value which may be an address with a password, readable or not.
std::string without_password(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == text.npos) return std::string(text);
  const size_t scheme_end = text.find("://");
  const size_t begin = scheme_end == text.npos ? 0 : scheme_end + 3;
  return std::string(text.substr(0, std::min(begin, at))) + "…" + std::string(text.substr(at));
}

Result<void> check_agreement(const Variables& variables, const Variant& a, const Variant& b,
                             bool is_secret) {
  if (a.text == b.text) return {};
  const auto shown = [&](const Variant& variant) {
    const std::string value = is_secret ? "" : " (" + without_password(variant.text) + ")";
    return variables.origin(variant.name) + value;
  };
  return invalid(shown(a) + " and " + shown(b) + " disagree; remove one of them");
}

// The first of `names` that is set; all that are set must agree.
Result<std::optional<Given>> agreed_value(const Variables& variables,
                                          const std::vector<std::string>& names) {
  std::optional<Variant> first;
  for (const auto& name : names) {
    const Variant variant{name, variables.get(name)};
    if (variant.text.empty()) continue;
    if (!first) first = variant;
    if (auto agreed = check_agreement(variables, *first, variant, false); !agreed) {
      return tl::unexpected(std::move(agreed.error()));
    }
  }
  if (!first) return std::optional<Given>();
  return std::optional(Given{first->text, variables.origin(first->name), first->name});
}

// The address to listen on: whole, or as a host and a port that come as two variables.
Result<void> collect_listen(const Variables& variables, const ConfigRow& row, Source& source) {
  auto host = agreed_value(variables, {"BIND_ADDRESS", "SERVER_HOST"});
  if (!host) return tl::unexpected(std::move(host.error()));
  auto port = agreed_value(variables, {"PORT", "SERVER_PORT"});
  if (!port) return tl::unexpected(std::move(port.error()));
  source.host = std::move(*host);
  if (source.host && source.host->text.starts_with('[') && source.host->text.ends_with(']')) {
    source.host->text = source.host->text.substr(1, source.host->text.size() - 2);
  }
  if (*port) {
    auto checked = checked_port(**port);
    if (!checked) return tl::unexpected(std::move(checked.error()));
    source.port = std::move(*checked);
  }
  const std::string own_name = environment_name_of(row.key);
  const Given own{variables.get(own_name), variables.origin(own_name), own_name};
  if (own.text.empty()) return {};
  source.values[row.key.name] = own;
  const auto whole = parse_host_port(own.text);
  if (!whole) return {};  // reported when it is put into force
  HostPort parts = *whole;
  std::vector<std::string> names;
  if (source.host) {
    parts.host = source.host->text;
    names.push_back(source.host->name);
  }
  if (source.port) {
    parts.port = static_cast<uint16_t>(*parse_integer(source.port->text));
    names.push_back(source.port->name);
  }
  return check_agreement(variables, {own_name, format_host_port(*whole)},
                         {enumerated(names), format_host_port(parts)}, false);
}

// All that the variables say about one key, in the key's own terms.
Result<std::vector<Variant>> variants_of(const Variables& variables, const ConfigRow& row) {
  std::vector<Variant> variants;
  const std::string own_name = environment_name_of(row.key);
  if (std::string text = variables.get(own_name); !text.empty()) {
    variants.push_back({own_name, std::move(text)});
  }
  for (const auto& foreign : foreign_names()) {
    if (foreign.key != row.key.name || foreign.is_part) continue;
    const std::string name(foreign.name);
    std::string text = variables.get(name);
    if (name == "ROUTE" && variables.is_empty(name)) text = "/";  // there it means the root
    if (text.empty()) continue;
    if (foreign.translate != nullptr) {
      auto translated = foreign.translate(text);
      if (!translated) {
        return tl::unexpected(
            describe({"", variables.origin(name)}, row, translated.error().message));
      }
      text = std::move(*translated);
    }
    if (!text.empty()) variants.push_back({name, std::move(text)});
  }
  for (auto& variant : variants) {
    // What cannot be read is reported when it is put into force.
    Settings scratch;
    if (auto normal = set_value(row, variant.text, scratch)) variant.text = std::move(*normal);
  }
  return variants;
}

// Another program's database may stand in the environment beside the name of ours.
void set_other_databases_aside(const Variables& variables, const ConfigRow& row,
                               std::vector<Variant>& variants, Source& source) {
  std::erase_if(variants, [&](const Variant& variant) {
    const bool is_other =
        variant.name != environment_name_of(row.key) && names_other_database(variant.text);
    if (is_other && !source.other_database) {
      source.other_database = {variant.text, variables.origin(variant.name), variant.name};
    }
    return is_other;
  });
  std::vector<std::string> parts;  // of an address that is put together there
  for (const char* name :
       {"DATABASE_ADDRESS", "DATABASE_NAME", "DATABASE_USERNAME", "DATABASE_PASSWORD"}) {
    if (!variables.get(name).empty()) parts.emplace_back(name);
  }
  if (!parts.empty() && !source.other_database && variables.get("DATABASE_URL").empty()) {
    source.other_database = {"", variables.origin(enumerated(parts)), enumerated(parts)};
  }
}

Result<void> collect_row(const Variables& variables, const ConfigRow& row, Source& source) {
  if (row.key.name == "listen") return collect_listen(variables, row, source);
  auto variants = variants_of(variables, row);
  if (!variants) return tl::unexpected(std::move(variants.error()));
  if (row.key.name == "db") set_other_databases_aside(variables, row, *variants, source);
  if (variants->empty()) return {};
  const Variant& first = variants->front();
  for (const auto& variant : *variants) {
    auto agreed = check_agreement(variables, first, variant, row.key.is_secret);
    if (!agreed) return agreed;
  }
  source.values[row.key.name] = {first.text, variables.origin(first.name), first.name};
  return {};
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
        return invalid(variables.origin(name) + ": " + row.key.name +
                       ": it can be given in the configuration file only");
      }
    }
  }
  return {};
}

// "a,,b" to three words: a place counts, even an empty one.
std::vector<std::string> split_places(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const size_t comma = text.find(',');
    words.emplace_back(trim(text.substr(0, comma)));
    if (comma == text.npos) return words;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string Variables::get(const std::string& name) const {
  return taken.contains(name) ? std::string() : get_anyway(name);
}

std::string Variables::get_anyway(const std::string& name) const {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

bool Variables::is_empty(const std::string& name) const {
  const auto found = environment.find(name);
  return found != environment.end() && found->second.empty();
}

Result<Source> collect_environment(const Variables& variables, const Rows& rows) {
  if (auto checked = check_names(variables); !checked) {
    return tl::unexpected(std::move(checked.error()));
  }
  Source source;
  for (const ConfigRow* row : rows) {
    if (row->key.file_only) continue;
    if (auto collected = collect_row(variables, *row, source); !collected) {
      return tl::unexpected(std::move(collected.error()));
    }
  }
  return source;
}

Result<std::optional<Given>> static_users_of_lists(const Variables& near, const Variables& far) {
  const auto find = [&](const std::string& name) {
    const Variables& variables = near.get(name).empty() ? far : near;
    return Given{variables.get(name), variables.origin(name), name};
  };
  const Given users = find("BASIC_AUTH_USER");
  const Given passwords = find("BASIC_AUTH_PASSWORD");
  if (users.text.empty() && passwords.text.empty()) return std::optional<Given>();
  if (users.text.empty()) return invalid(passwords.origin + ": BASIC_AUTH_USER is missing");
  if (passwords.text.empty()) return invalid(users.origin + ": BASIC_AUTH_PASSWORD is missing");
  const auto names = split_places(users.text);
  const auto words = split_places(passwords.text);
  if (names.size() != words.size()) {
    return invalid(users.origin + " and " + passwords.origin + " are lists of different lengths (" +
                   std::to_string(names.size()) + " and " + std::to_string(words.size()) +
                   "); give each user one password");
  }
  Given given{"", users.origin + ", " + passwords.name, users.name};
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string place = std::to_string(i + 1);
    if (names[i].empty()) return invalid(users.origin + ": user " + place + " has no name");
    if (words[i].empty()) {
      return invalid(passwords.origin + ": the password of " + quote(names[i]) + " is empty");
    }
    if (std::count(names.begin(), names.end(), names[i]) > 1) {
      return invalid(users.origin + ": " + quote(names[i]) + " is given twice");
    }
    if (auto checked = check_user_name(names[i]); !checked) {
      return invalid(users.origin + ": " + checked.error().message);
    }
    given.text += (i == 0 ? "" : ",") + names[i] + "=" + words[i];
  }
  return std::optional(std::move(given));
}

}  // namespace chatgate
