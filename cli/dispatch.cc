#include "cli/dispatch.h"

#include <algorithm>
#include <array>
#include <exception>
#include <ostream>

#include "cli/commands.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"

namespace chatgate {
namespace {

constexpr int kReaderGoneStatus = 141;
const int kUsageStatus = traits_of(ErrorCode::kInvalidArgument).exit_status;

// The last command that the words before the mistake named.
const CLI::App* deepest(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

// A word that no command expected, with the one that was probably meant.
std::string describe_extra(const CLI::App& app, std::string word) {
  word = word.substr(0, word.find('='));  // what follows could be a secret
  const CLI::App* command = deepest(&app);
  std::vector<std::string> known;
  if (word.starts_with('-')) {
    for (const CLI::App* level = command; level != nullptr; level = level->get_parent()) {
      for (const auto* option : level->get_options()) {
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
      }
    }
    return "unknown option " + quote(word) + did_you_mean(word, known);
  }
  for (const auto* child : visible_commands(*command)) known.push_back(child->get_name());
  const bool is_command = !known.empty();
  return (is_command ? "unknown command " : "unexpected word ") + quote(word) +
         did_you_mean(word, known);
}

std::string describe(const CLI::App& app, const CLI::ParseError& error) {
  const bool is_extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const auto extras = is_extra ? app.remaining(true) : std::vector<std::string>();
  std::string message = extras.empty() ? error.what() : describe_extra(app, extras.front());
  std::replace(message.begin(), message.end(), '\n', ' ');
  return message + " (see `" + full_name(*deepest(&app)) + " --help`)";
}

// What may well say nothing; anything else that is empty is a variable that was not set.
constexpr std::array<std::string_view, 2> kFreeTexts{"--note", "--name"};

// The first of the given values that is empty; nothing when there is none. What hidden commands
// take comes from programs.
std::string describe_empty(const CLI::App& command) {
  if (command.get_group().empty()) return {};
  for (const auto* option : command.get_options()) {
    const auto& values = option->results();
    if (!takes_value(*option) || std::ranges::find(values, "") == values.end()) continue;
    const bool is_positional = option->get_positional();
    const std::string name =
        is_positional ? option->get_name(true) : "--" + option->get_lnames().front();
    if (std::ranges::find(kFreeTexts, name) != kFreeTexts.end()) continue;
    const std::string leave = is_positional ? ", or leave it out" : ", or leave the option out";
    return name + " is empty: give a value" + (option->get_required() ? "" : leave) + " (see `" +
           full_name(command) + " --help`)";
  }
  const auto chosen = command.get_subcommands();
  return chosen.empty() ? std::string() : describe_empty(*chosen.front());
}

int report(Context& context, const std::string& message, int status) {
  context.hint("chatgate: " + message);
  return status;
}

// `status`, unless what was printed did not arrive. A reader such as `head` that has seen enough is
// no failure: the status is that of a program which SIGPIPE ends.
int finish(Context& context, int status) {
  if (context.flush()) return status;
  if (is_reader_gone()) return kReaderGoneStatus;
  return report(context, "cannot write to standard output", 1);
}

int run_action(Context& context) {
  const auto status = context.action();
  if (status) return finish(context, *status);
  context.flush();
  return report(context, status.error().message, traits_of(status.error().code).exit_status);
}

}  // namespace

int dispatch(const std::vector<std::string>& arguments, Context& context) {
  CLI::App app("", "chatgate");
  register_commands(app, context);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    if (const std::string empty = describe_empty(app); !empty.empty()) {
      return report(context, empty, kUsageStatus);
    }
    if (context.action) return run_action(context);
    context.hint(app.help());
    return kUsageStatus;
  } catch (const CLI::CallForHelp&) {
    context.out() << app.help();
    return finish(context, 0);
  } catch (const CLI::CallForVersion& version) {
    context.out() << version.what() << '\n';
    return finish(context, 0);
  } catch (const CLI::ParseError& error) {
    return report(context, describe(app, error), kUsageStatus);
  } catch (const std::exception& error) {
    return report(context, std::string("internal error: ") + error.what(), 1);
  }
}

}  // namespace chatgate
