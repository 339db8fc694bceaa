// The tree of commands as help, manual pages and completion read it: what CLI11 was told, in the
// words that people type. Borrows the tree; one thread.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chatgate {

// What every verb's exit status means.
constexpr std::array<std::pair<int, std::string_view>, 7> kExitStatuses{{
    {0, "done"},
    {1, "failure"},
    {2, "wrong usage or configuration"},
    {3, "not found"},
    {4, "refused by a rule"},
    {5, "database unavailable"},
    {130, "interrupted"},
}};

// "chatgate user add".
std::string full_name(const CLI::App& command);
const CLI::App& root_of(const CLI::App& command);

// Those that people are meant to use, in the order of their registration.
std::vector<const CLI::App*> visible_commands(const CLI::App& command);
std::vector<const CLI::Option*> visible_options(const CLI::App& command);
std::vector<const CLI::Option*> positionals_of(const CLI::App& command);
// The options that stand anywhere on a line: --db, --config, ...
std::vector<const CLI::Option*> global_options(const CLI::App& command);

// Whether the next word is the option's value.
bool takes_value(const CLI::Option& option);
// Whether the value is a list of words with commas between them.
bool takes_list(const CLI::Option& option);
// The words that `option` is known to take; empty: others. has_values tells "none" from "unknown".
std::vector<std::string> values_of(const CLI::Option& option);
bool has_values(const CLI::Option& option);
// What stands for the value: "PATH", "auto|always|never"; empty for a flag.
std::string value_name_of(const CLI::Option& option);

// "--db PATH", "-h, --help", "NAME".
std::string label_of(const CLI::Option& option);
// What one types: "chatgate token add [options] USER".
std::string usage_of(const CLI::App& command);

// A check that refuses nothing, but makes completion offer these words, separated by commas;
// without words nothing, as for a name that must be new.
CLI::Validator offers(const std::string& words);

// The lines under "Examples:", each with its line feed.
std::string footer_of_examples(const std::string& examples);
std::string examples_of(const CLI::App& command);

}  // namespace chatgate
