#include "cli/help.h"

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_tree.h"
#include "cli/output.h"

namespace chatgate {
namespace {

constexpr size_t kColumns = 80;
constexpr size_t kLabelColumns = 28;  // with the space around it

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = text.find_first_of(" \n");
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return words;
}

// Appends the words to `line`, which is `used` columns wide, and goes on in lines that are indented
// by `indent`.
std::string fill(std::string line, size_t used, const std::vector<std::string>& words,
                 size_t indent) {
  bool is_first = true;
  for (const auto& word : words) {
    const size_t width = display_width(word);
    if (!is_first && used + 1 + width > kColumns) {
      line += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (!is_first) {
      line += ' ';
      ++used;
    }
    line += word;
    used += width;
    is_first = false;
  }
  return line + "\n";
}

// "  --db PATH       path of the database": a label and, in the next column, what it means.
std::string entry(const std::string& label, const std::string& meaning) {
  std::string line = "  " + label;
  const size_t width = display_width(line);
  if (meaning.empty()) return line + "\n";
  if (width + 2 > kLabelColumns) {
    line += "\n" + std::string(kLabelColumns, ' ');
  } else {
    line += std::string(kLabelColumns - width, ' ');
  }
  return fill(line, kLabelColumns, words_of(meaning), kLabelColumns);
}

std::string entry_of(const CLI::Option& option) {
  const std::string& meaning = option.get_description();
  const bool needs_word = option.get_required() && !option.get_positional();
  return entry(label_of(option), needs_word ? meaning + " (required)" : meaning);
}

std::string section(const std::string& heading, const std::string& lines) {
  return lines.empty() ? lines : "\n" + heading + ":\n" + lines;
}

std::string exit_statuses() {
  std::string lines;
  for (const auto& [status, meaning] : kExitStatuses) {
    lines += "  " + std::to_string(status) + " " + std::string(meaning) + "\n";
  }
  return section("Exit status", lines);
}

// Names alone, each with its value in one line: what they mean stands in the help of the program.
std::string names_of_global_options(const CLI::App& command) {
  std::vector<std::string> labels;
  for (const auto* option : global_options(command)) labels.push_back(label_of(*option) + ",");
  labels.back().pop_back();
  constexpr std::string_view kLabel = "Global options: ";
  return "\n" + fill(std::string(kLabel), kLabel.size(), labels, kLabel.size());
}

std::string help_of(const CLI::App& command) {
  const bool is_root = command.get_parent() == nullptr;
  constexpr std::string_view kUsage = "Usage: ";
  std::string positionals;
  std::string options;
  std::string commands;
  for (const auto* positional : positionals_of(command)) positionals += entry_of(*positional);
  for (const auto* option : visible_options(command)) options += entry_of(*option);
  for (const auto* child : visible_commands(command)) {
    commands += entry(child->get_name(), child->get_description());
  }
  std::string help =
      fill("", 0, words_of(command.get_description()), 0) +
      fill(std::string(kUsage), kUsage.size(), words_of(usage_of(command)), kUsage.size()) +
      section("Arguments", positionals) + section("Options", options) +
      section("Subcommands", commands);
  if (!is_root && commands.empty()) help += names_of_global_options(command);
  if (!command.get_footer().empty()) help += "\n" + command.get_footer() + "\n";
  return is_root ? help + exit_statuses() : help;
}

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() {
  return std::make_shared<CLI::FormatterLambda>(
      [](const CLI::App* command, const std::string&, CLI::AppFormatMode) {
        return help_of(*command);
      });
}

}  // namespace chatgate
