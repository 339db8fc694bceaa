#include "cli/manual/manual.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string_view>

#include "cli/command_tree.h"
#include "cli/commands.h"
#include "common/config/config.h"
#include "common/text/quantity.h"
#include "version.h"

namespace chatgate {
namespace {

// Text that troff prints as it is: a hyphen stays the one that people type, no line is a request.
std::string escape(std::string_view text) {
  std::string escaped;
  bool is_line_start = true;
  for (const char c : text) {
    if (is_line_start && (c == '.' || c == '\'')) escaped += "\\&";
    is_line_start = c == '\n';
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else if (c == '\'') {
      escaped += "\\(aq";
    } else if (c == '`') {
      escaped += "\\(ga";
    } else if (c == '^') {
      escaped += "\\(ha";
    } else if (c == '~') {
      escaped += "\\(ti";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// A macro's argument.
std::string argument(std::string_view text) {
  std::string escaped = escape(text);
  for (size_t at = 0; (at = escaped.find('"', at)) != escaped.npos; at += 4) {
    escaped.replace(at, 1, "\\(dq");
  }
  return "\"" + escaped + "\"";
}

std::string to_upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string sentence(std::string text) {
  if (text.empty()) return text;
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return escape(text) + ".";
}

std::string heading(std::string_view name) { return ".SH " + argument(name) + "\n"; }

std::string entry(const std::string& label, const std::string& meaning) {
  return ".TP\n.B " + escape(label) + "\n" + (meaning.empty() ? "\\&" : escape(meaning)) + "\n";
}

std::string verbatim(const std::string& lines) { return ".PP\n.nf\n" + escape(lines) + ".fi\n"; }

std::string page_name(const CLI::App& command) {
  std::string name = full_name(command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string reference_to(const CLI::App& command) {
  return ".BR " + escape(page_name(command)) + " (1)";
}

std::string title(const CLI::App& command, const std::string& date, const std::string& summary) {
  return ".TH " + argument(to_upper(page_name(command))) + " 1 " + date + " " +
         argument("chatgate " + std::string(kVersion)) + " \"chatgate manual\"\n.nh\n" +
         heading("NAME") + escape(page_name(command)) + " \\- " + escape(summary) + "\n";
}

std::string entry_of(const CLI::Option& option) {
  const bool needs_word = option.get_required() && !option.get_positional();
  return entry(label_of(option), option.get_description() + (needs_word ? " (required)" : ""));
}

// Arguments and options of one verb.
std::string entries_of(const CLI::App& verb) {
  std::string text;
  for (const auto* positional : positionals_of(verb)) text += entry_of(*positional);
  for (const auto* option : visible_options(verb)) text += entry_of(*option);
  return text;
}

std::string global_options_of(const CLI::App& command) {
  std::string text = heading("GLOBAL OPTIONS") + "They may stand anywhere on the line.\n";
  for (const auto* option : global_options(command)) text += entry_of(*option);
  return text;
}

std::string exit_statuses() {
  std::string text = heading("EXIT STATUS");
  for (const auto& [status, meaning] : kExitStatuses) {
    text += entry(std::to_string(status), std::string(meaning));
  }
  return text;
}

std::string files() {
  return heading("FILES") +
         entry("chatgate.json",
               "the configuration, in the working directory; --config names "
               "another file") +
         entry(".env", "variables as in the environment, in the working directory") +
         entry("chatgate.db",
               "the database, in the working directory; --db or the configuration "
               "names another file") +
         entry("/etc/chatgate/chatgate.json", "the configuration of the packaged service") +
         entry("/etc/chatgate/chatgate.env",
               "the environment of the packaged service, with the "
               "key of the upstream") +
         entry("/var/lib/chatgate/chatgate.db", "the database of the packaged service");
}

std::string environment() {
  std::string text = heading("ENVIRONMENT");
  text += entry("NO_COLOR", "no colours, whatever its value, unless --color says otherwise");
  for (const auto& key : config_keys()) {
    if (key.file_only) continue;
    std::string help = key.help;
    std::erase(help, '`');
    if (!key.aliases.empty()) help += "; also read from " + join_list(key.aliases);
    text += entry("CHATGATE_" + to_upper(key.name), help);
  }
  return text;
}

std::string see_also(const CLI::App& command) {
  const CLI::App& root = root_of(command);
  std::string text;
  const auto add = [&](const CLI::App& other) {
    if (&other != &command) text += (text.empty() ? "" : ",\n") + reference_to(other);
  };
  add(root);
  for (const auto* noun : visible_commands(root)) add(*noun);
  return heading("SEE ALSO") + text + "\n";
}

std::string root_page(const CLI::App& root, const std::string& date) {
  std::string text = title(root, date, "meter and share OpenAI-shaped servers") +
                     heading("SYNOPSIS") + ".B " + escape(usage_of(root)) + "\n" +
                     heading("DESCRIPTION") + escape(root.get_description()) +
                     "\n.B chatgate serve\nis the gateway; the other commands administer its "
                     "database while it runs, and a change is in force within a second.\n"
                     "Standard output carries data and nothing else.\n" +
                     heading("COMMANDS");
  for (const auto* noun : visible_commands(root)) {
    const auto verbs = visible_commands(*noun);
    if (verbs.empty()) text += entry(usage_of(*noun), noun->get_description());
    for (const auto* verb : verbs) text += entry(usage_of(*verb), verb->get_description());
  }
  text += heading("OPTIONS");
  for (const auto* option : visible_options(root)) text += entry_of(*option);
  return text + exit_statuses() + environment() + files() + heading("EXAMPLES") +
         "An account, a price and a token:\n" +
         verbatim(
             "  chatgate user add alice --balance 25\n"
             "  chatgate price set gpt-4o --input 2.50 --output 10\n"
             "  chatgate token add alice\n") +
         see_also(root);
}

std::string verb_text(const CLI::App& verb) {
  std::string text = ".SS " + argument(usage_of(verb)) + "\n" + sentence(verb.get_description()) +
                     "\n" + entries_of(verb);
  if (!examples_of(verb).empty()) text += ".PP\nExamples:\n" + verbatim(examples_of(verb));
  return text;
}

std::string noun_page(const CLI::App& noun, const std::string& date) {
  std::string text = title(noun, date, noun.get_description()) + heading("SYNOPSIS");
  const auto verbs = visible_commands(noun);
  if (verbs.empty()) {
    text += ".B " + escape(usage_of(noun)) + "\n" + heading("DESCRIPTION") +
            sentence(noun.get_description()) + "\n" + heading("OPTIONS") + entries_of(noun) +
            global_options_of(noun) + exit_statuses() + environment() + files();
    return text + heading("EXAMPLES") + verbatim(examples_of(noun)).substr(4) + see_also(noun);
  }
  for (const auto* verb : verbs) {
    text += ".B " + escape(usage_of(*verb)) + "\n" + (verb == verbs.back() ? "" : ".br\n");
  }
  text += heading("DESCRIPTION");
  for (const auto* verb : verbs) text += verb_text(*verb);
  return text + global_options_of(noun) + exit_statuses() + see_also(noun);
}

}  // namespace

std::vector<ManualPage> make_manual(const CLI::App& root, const std::string& date) {
  std::vector<ManualPage> pages{{page_name(root), root_page(root, date)}};
  for (const auto* noun : visible_commands(root)) {
    pages.push_back({page_name(*noun), noun_page(*noun, date)});
  }
  return pages;
}

Result<void> write_manual(const CLI::App& root, const ManualOptions& options) {
  for (const auto& page : make_manual(root, options.date)) {
    const std::string path = options.folder + "/" + page.name + ".1";
    std::ofstream file(path);
    file << page.text << std::flush;
    if (!file) return fail(ErrorCode::kSystem, "cannot write " + path + ": check its folder");
  }
  return {};
}

void register_manual(CLI::App& app, Context& context) {
  auto options = std::make_shared<ManualOptions>();
  CLI::App* command = app.add_subcommand("__man")->group("");
  command->add_option("FOLDER", options->folder)->required();
  command->add_option("DATE", options->date)->required();
  command->callback([options, &app, &context] {
    context.action = [options, &app] { return write_manual(app, *options).map([] { return 0; }); };
  });
}

}  // namespace chatgate
