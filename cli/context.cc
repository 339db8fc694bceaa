#include "cli/context.h"

#include <istream>
#include <ostream>

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

void Context::print_list(const Table& table) {
  streams_.out << render_list(table, format, use_color());
}

RowPrinter Context::list_printer(std::vector<Column> columns) {
  return {streams_.out, std::move(columns), format, use_color()};
}

void Context::print_one(const Table& table) {
  streams_.out << render_one(table, format, use_color());
}

void Context::hint(std::string_view line) { streams_.err << line << '\n'; }

// https://no-color.org: any value but an empty one.
bool Context::use_color() const {
  if (color != "auto") return color == "always";
  const auto no_color = environment_.find("NO_COLOR");
  if (no_color != environment_.end() && !no_color->second.empty()) return false;
  return terminal_.has_output;
}

}  // namespace chatgate
