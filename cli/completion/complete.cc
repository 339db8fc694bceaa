#include "cli/completion/complete.h"

#include <algorithm>
#include <array>
#include <ostream>

#include "cli/command_tree.h"
#include "common/store/known_names.h"

namespace chatgate {
namespace {

constexpr size_t kWordsMax = 200;
constexpr size_t kRemarkBytesMax = 60;

enum class ValueKind : uint8_t { kUnknown, kUser, kToken, kModel, kConversation, kFile };

// What a value is, by what it is called: an argument ("USER"), an option's value (--db PATH) or the
// option itself (--user). An argument that names something new is called otherwise, or says so by
// offers("").
constexpr std::array<std::pair<std::string_view, ValueKind>, 15> kKinds{{
    {"USER", ValueKind::kUser},
    {"NAME", ValueKind::kUser},
    {"TOKEN", ValueKind::kToken},
    {"MODEL", ValueKind::kModel},
    {"CONVERSATION", ValueKind::kConversation},
    {"FILE", ValueKind::kFile},
    {"PATH", ValueKind::kFile},
    {"FOLDER", ValueKind::kFile},
    {"--user", ValueKind::kUser},
    {"--users", ValueKind::kUser},
    {"--token", ValueKind::kToken},
    {"--tokens", ValueKind::kToken},
    {"--model", ValueKind::kModel},
    {"--models", ValueKind::kModel},
    {"--file", ValueKind::kFile},
}};

ValueKind kind_of(const CLI::Option& option) {
  std::vector<std::string> names;
  if (option.get_positional()) names.push_back(option.get_name(true));
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  // A NAME that an option takes can be anything's: --upstream NAME.
  if (value_name_of(option) != "NAME") names.push_back(value_name_of(option));
  for (const auto& name : names) {
    for (const auto& [known, kind] : kKinds) {
      if (known == name) return kind;
    }
  }
  return ValueKind::kUnknown;
}

// One line, of what fits beside a word.
std::string short_remark(std::string remark) {
  for (char& c : remark) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  if (remark.size() <= kRemarkBytesMax) return remark;
  size_t end = kRemarkBytesMax;
  while (end > 0 && (static_cast<unsigned char>(remark[end]) & 0xc0) == 0x80) --end;
  return remark.substr(0, end) + "…";
}

class Completer {
 public:
  Completer(const CLI::App& root, Context& context) : command_(&root), context_(context) {}

  Candidates complete(std::vector<std::string> words) {
    word_ = words.back();
    words.pop_back();
    for (const auto& word : words) pass(word);
    offer();
    return std::move(candidates_);
  }

 private:
  // Goes over a word that stands before the cursor.
  void pass(const std::string& word) {
    if (awaiting_ != nullptr) {
      give(*std::exchange(awaiting_, nullptr), word);
    } else if (word == "--" && !only_positionals_) {
      only_positionals_ = true;
    } else if (is_option(word)) {
      const size_t end = word.find('=');
      const CLI::Option* option = find_option(word.substr(0, end));
      if (option == nullptr) return;
      given_.push_back(option);
      if (end != word.npos) {
        give(*option, word.substr(end + 1));
      } else if (takes_value(*option)) {
        awaiting_ = option;
      }
    } else if (const CLI::App* child = find_command(word)) {
      command_ = child;
    } else {
      is_lost_ = is_lost_ || next_positional() == nullptr;
      ++positionals_passed_;
    }
  }

  void offer() {
    if (is_lost_) return;
    if (awaiting_ != nullptr) return offer_values(*awaiting_, 0);
    const size_t end = word_.find('=');
    if (is_option(word_) && end != word_.npos) {
      if (const CLI::Option* option = find_option(word_.substr(0, end))) {
        offer_values(*option, end + 1);
      }
      return;
    }
    const CLI::Option* positional = next_positional();
    if (word_.starts_with('-') && !only_positionals_) return offer_options();
    if (positionals_passed_ == 0) {
      for (const auto* child : visible_commands(*command_)) {
        add(child->get_name(), child->get_description());
      }
    }
    if (positional != nullptr) {
      offer_values(*positional, 0);
    } else if (candidates_.words.empty() && word_.empty() && !only_positionals_) {
      offer_options();
    }
  }

  void offer_options() {
    for (const auto* option : options_in_reach()) {
      if (std::find(given_.begin(), given_.end(), option) != given_.end()) continue;
      add("--" + option->get_lnames().front(), option->get_description());
    }
  }

  // The value begins at `begin` of the word, or in a list after its last comma.
  void offer_values(const CLI::Option& option, size_t begin) {
    const size_t comma = takes_list(option) ? word_.rfind(',') : std::string::npos;
    if (comma != std::string::npos) begin = std::max(begin, comma + 1);
    const std::string kept = word_.substr(0, begin);
    if (has_values(option)) {
      for (const auto& value : values_of(option)) add(kept + value, "");
      return;
    }
    switch (kind_of(option)) {
      case ValueKind::kUser:
        return offer_names(is_verb("user unarchive") ? NameKind::kArchivedUser : NameKind::kUser,
                           kept);
      case ValueKind::kToken:
        return offer_names(NameKind::kToken, kept);
      case ValueKind::kModel:
        return offer_names(is_verb("price remove") ? NameKind::kModelInForce : NameKind::kModel,
                           kept);
      case ValueKind::kConversation:
        return offer_names(NameKind::kConversation, kept);
      case ValueKind::kFile:
        candidates_.are_files = candidates_.words.empty();
        return;
      case ValueKind::kUnknown:
        return;
    }
  }

  bool is_verb(const std::string& name) const { return full_name(*command_) == "chatgate " + name; }

  void offer_names(NameKind kind, const std::string& kept) {
    const auto config = context_.admin_config();
    if (!config) return;
    const auto names = find_names(config->db, kind, std::string_view(word_).substr(kept.size()),
                                  context_.now(), kWordsMax);
    if (!names) return;
    for (const auto& [name, remark] : *names) add(kept + name, remark);
  }

  void add(std::string word, const std::string& remark) {
    if (!word.starts_with(word_) || candidates_.words.size() >= kWordsMax) return;
    candidates_.words.push_back({std::move(word), short_remark(remark)});
  }

  // Where names are looked up depends on these two.
  void give(const CLI::Option& option, const std::string& value) {
    const std::string name = option.get_name();
    if (name == "--db") context_.db = value;
    if (name == "--config") context_.config_file = value;
  }

  bool is_option(const std::string& word) const {
    return !only_positionals_ && word.size() > 1 && word[0] == '-';
  }

  const CLI::App* find_command(const std::string& word) const {
    if (positionals_passed_ > 0) return nullptr;
    for (const auto* child : visible_commands(*command_)) {
      if (child->get_name() == word) return child;
    }
    return nullptr;
  }

  // The command's own, and the global ones.
  std::vector<const CLI::Option*> options_in_reach() const {
    auto options = visible_options(*command_);
    for (const auto* option : global_options(*command_)) {
      if (std::find(options.begin(), options.end(), option) == options.end()) {
        options.push_back(option);
      }
    }
    std::erase_if(options, [](const CLI::Option* option) { return option->get_lnames().empty(); });
    return options;
  }

  const CLI::Option* find_option(const std::string& name) const {
    for (const auto* option : options_in_reach()) {
      if (option->check_name(name)) return option;
    }
    return nullptr;
  }

  // The last argument of a command may take any number of words.
  const CLI::Option* next_positional() const {
    const auto positionals = positionals_of(*command_);
    if (positionals_passed_ < positionals.size()) return positionals[positionals_passed_];
    const bool repeats = !positionals.empty() && positionals.back()->get_items_expected_max() > 1;
    return repeats ? positionals.back() : nullptr;
  }

  const CLI::App* command_;
  Context& context_;
  std::string word_;  // at the cursor
  const CLI::Option* awaiting_ = nullptr;
  std::vector<const CLI::Option*> given_;
  size_t positionals_passed_ = 0;
  bool only_positionals_ = false;
  bool is_lost_ = false;  // after a word that the command does not take
  Candidates candidates_;
};

void print(const Candidates& candidates, Context& context) {
  if (candidates.are_files) {
    context.out() << "files\n";
  } else if (!candidates.words.empty()) {
    context.out() << "words\n";
    for (const auto& [word, remark] : candidates.words) {
      context.out() << word << (remark.empty() ? "" : "\t") << remark << '\n';
    }
  }
}

}  // namespace

Candidates complete(const CLI::App& root, std::string_view line, Context& context) {
  const auto home = context.environment().find("HOME");
  auto words = split_line(line, home == context.environment().end() ? "" : home->second);
  words.erase(words.begin());  // the program's name
  return words.empty() ? Candidates() : Completer(root, context).complete(std::move(words));
}

std::vector<std::string> split_line(std::string_view line, const std::string& home) {
  std::vector<std::string> words{""};
  char quote = 0;
  bool is_between = true;  // words, or before the first one
  for (size_t i = line.find_first_not_of(" \t\n"); i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (!is_between) words.emplace_back();
      is_between = true;
      continue;
    }
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back() += line[++i];
    } else if (is_between && line.substr(i).starts_with("~/")) {
      words.back() += home;
    } else {
      words.back() += c;
    }
    is_between = false;
  }
  return words;
}

void register_complete(CLI::App& app, Context& context) {
  auto line = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("__complete")->group("");
  command->add_option("LINE", *line)->required();
  command->callback([line, &app, &context] {
    context.action = [line, &app, &context]() -> Result<int> {
      print(complete(app, *line, context), context);
      return 0;
    };
  });
}

}  // namespace chatgate
