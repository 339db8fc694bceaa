#include "cli/context.h"

#include <istream>
#include <ostream>

#include "common/text/quantity.h"

namespace chatgate {

ConfigFlags Context::flags() const {
  ConfigFlags flags;
  if (db) flags["db"] = *db;
  return flags;
}

Result<Config> Context::admin_config() const {
  return load_admin_config(config_file, flags(), environment_).map([](LoadedConfig loaded) {
    return std::move(loaded.config);
  });
}

Result<std::unique_ptr<Store>> Context::open_store(OpenMode mode) const {
  return admin_config().and_then(
      [&](const Config& config) { return chatgate::open_store(config.db, mode); });
}

Result<std::unique_ptr<Maintenance>> Context::open_maintenance() const {
  return admin_config().and_then(
      [](const Config& config) { return chatgate::open_maintenance(config.db); });
}

void Context::print_list(const Table& table) { streams_.out << render_list(table, format, look()); }

RowPrinter Context::list_printer(std::vector<Column> columns) {
  return {streams_.out, std::move(columns), format, look()};
}

void Context::print_one(const Table& table) { streams_.out << render_one(table, format, look()); }

bool Context::flush() { return static_cast<bool>(streams_.out.flush()); }

void Context::hint(std::string_view line) { streams_.err << line << '\n'; }

// The first of these variables that is not empty names the locale (POSIX, 8.2).
bool Context::is_unicode() const {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto variable = environment_.find(name);
    if (variable == environment_.end() || variable->second.empty()) continue;
    const std::string locale = to_lower(variable->second);
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

Look Context::look() {
  Look look;
  look.use_color = use_color();
  look.ellipsis = is_unicode() ? "…" : "...";
  if (terminal_.has_output) look.width_max = terminal_.columns;
  look.tell_left_out = [this](const std::vector<std::string>& columns) {
    hint("no room for " + join_list(columns) + "; --format csv has every column");
  };
  return look;
}

// https://no-color.org: any value but an empty one.
bool Context::use_color() const {
  if (color != "auto") return color == "always";
  const auto no_color = environment_.find("NO_COLOR");
  if (no_color != environment_.end() && !no_color->second.empty()) return false;
  return terminal_.has_output;
}

}  // namespace chatgate
