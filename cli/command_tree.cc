#include "cli/command_tree.h"

#include <algorithm>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr std::string_view kExamples = "Examples:\n";

// CLI11 has checks beside the type: "WHEN:{auto,always,never}" with CLI::IsMember, "UNIT:offers
// {USD,tokens}" with offers.
std::string type_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

std::string in_usage(const CLI::Option& option) {
  std::string text = label_of(option);
  if (option.get_positional() && option.get_items_expected_max() > 1) text += "...";
  return option.get_required() ? text : "[" + text + "]";
}

}  // namespace

std::string full_name(const CLI::App& command) {
  if (command.get_parent() == nullptr) return "chatgate";
  return full_name(*command.get_parent()) + " " + command.get_name();
}

const CLI::App& root_of(const CLI::App& command) {
  return command.get_parent() == nullptr ? command : root_of(*command.get_parent());
}

std::vector<const CLI::App*> visible_commands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* child) { return !child->get_group().empty(); });
}

std::vector<const CLI::Option*> visible_options(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) {
    return option->nonpositional() && !option->get_group().empty();
  });
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::vector<const CLI::Option*> global_options(const CLI::App& command) {
  auto options = visible_options(root_of(command));
  std::erase_if(options, [](const CLI::Option* option) { return !takes_value(*option); });
  return options;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_min() > 0; }

bool takes_list(const CLI::Option& option) { return option.get_delimiter() == ','; }

bool has_values(const CLI::Option& option) {
  return option.get_type_name().find('{') != std::string::npos;
}

std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find('{');
  const size_t end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  return split_list(std::string_view(type).substr(begin + 1, end - begin - 1));
}

std::string value_name_of(const CLI::Option& option) {
  const auto values = values_of(option);
  if (option.get_items_expected_max() == 0) return {};
  const bool is_one_of_them = option.get_type_name().find(":{") != std::string::npos;
  if (!is_one_of_them || !takes_value(option) || takes_list(option)) return type_of(option);
  std::string name;
  for (const auto& value : values) name += (name.empty() ? "" : "|") + value;
  return name;
}

std::string label_of(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  std::string label;
  for (const auto& name : option.get_snames()) label += "-" + name + ", ";
  for (const auto& name : option.get_lnames()) label += "--" + name + ", ";
  label.resize(label.size() - 2);
  const std::string value = value_name_of(option);
  return value.empty() ? label : label + " " + value;
}

std::string usage_of(const CLI::App& command) {
  std::string usage = full_name(command);
  if (!visible_commands(command).empty()) {
    return usage + (command.get_parent() == nullptr ? " COMMAND" : " VERB") + " [options]";
  }
  for (const auto* positional : positionals_of(command)) usage += " " + in_usage(*positional);
  for (const auto* option : visible_options(command)) {
    if (option->get_required()) usage += " " + in_usage(*option);
  }
  return usage + " [options]";
}

CLI::Validator offers(const std::string& words) { return CLI::Validator("offers {" + words + "}"); }

std::string footer_of_examples(const std::string& examples) {
  return std::string(kExamples) + examples;
}

std::string examples_of(const CLI::App& command) {
  const std::string footer = command.get_footer();
  return footer.starts_with(kExamples) ? footer.substr(kExamples.size()) + "\n" : std::string();
}

}  // namespace chatgate
