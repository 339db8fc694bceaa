#include "common/config/environment.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

char unescaped(char c) {
  if (c == 'n') return '\n';
  if (c == 'r') return '\r';
  if (c == 't') return '\t';
  return c;
}

class DotEnvReader {
 public:
  DotEnvReader(std::string text, std::string path)
      : text_(std::move(text)), rest_(text_), path_(std::move(path)) {}

  Result<Environment> read() {
    Environment environment;
    while (!rest_.empty()) {
      skip_spaces();
      if (rest_.empty() || rest_.front() == '\n' || rest_.front() == '#') {
        take_line();
        continue;
      }
      const size_t line = line_;
      const auto name = take_name();
      const auto value = name ? take_value() : std::nullopt;
      if (!value) {
        return fail(ErrorCode::kInvalidArgument,
                    path_ + " line " + std::to_string(line) + ": expected NAME=value or a comment");
      }
      environment[*name] = *value;
    }
    return environment;
  }

 private:
  void skip_spaces() {
    const size_t end = rest_.find_first_not_of(" \t\r");
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

  std::string_view take_line() {
    const size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    return line;
  }

  std::optional<std::string> take_name() {
    if (rest_.starts_with("export ")) rest_.remove_prefix(7);
    skip_spaces();
    size_t length = 0;
    while (length < rest_.size() && is_name_character(rest_[length])) ++length;
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    skip_spaces();
    if (name.empty() || !rest_.starts_with('=')) return std::nullopt;
    rest_.remove_prefix(1);
    skip_spaces();
    return name;
  }

  std::optional<std::string> take_value() {
    if (rest_.starts_with('"') || rest_.starts_with('\'')) return take_quoted();
    const std::string_view line = take_line();
    // A comment begins at a number sign that follows a space.
    const size_t comment = line.starts_with('#') ? 0 : line.find(" #");
    return std::string(trim(line.substr(0, comment)));
  }

  std::optional<std::string> take_quoted() {
    const char quote = rest_.front();
    std::string value;
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        const std::string_view tail = trim(take_line());
        if (tail.empty() || tail.starts_with('#')) return value;
        return std::nullopt;
      }
      if (rest_[i] == '\n') ++line_;
      const bool is_escape = quote == '"' && rest_[i] == '\\' && i + 1 < rest_.size();
      value += is_escape ? unescaped(rest_[++i]) : rest_[i];
    }
    return std::nullopt;
  }

  std::string text_;
  std::string_view rest_;
  std::string path_;
  size_t line_ = 1;
};

}  // namespace

Environment current_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Result<Environment> read_dot_env(const std::string& path) {
  // Only a file: `.env` is also a usual name for a Python environment's folder.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return Environment{};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    return fail(ErrorCode::kInvalidArgument, "cannot read " + path + ": " +
                                                 std::generic_category().message(errno) +
                                                 "; allow it or remove it");
  }
  return DotEnvReader(text.str(), path).read();
}

Result<std::string> environment_value(std::string_view name) {
  const auto find = [&](const Environment& environment) {
    const auto found = environment.find(std::string(name));
    return found == environment.end() ? std::string() : found->second;
  };
  if (std::string value = find(current_environment()); !value.empty()) return value;
  return read_dot_env(".env").map(find);
}

}  // namespace chatgate
