// The manual pages, in man(7)'s language, out of the tree of commands: chatgate(1), and one page
// for each noun and for serve. The build runs the hidden command `chatgate __man` for them.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"

namespace CLI {
class App;
}

namespace chatgate {

struct ManualPage {
  std::string name;  // "chatgate-user", without the section
  std::string text;
};

// `date`: as it stands in the footer, "2026-12-01".
std::vector<ManualPage> make_manual(const CLI::App& root, const std::string& date);

struct ManualOptions {
  std::string folder;
  std::string date;
};
// Writes NAME.1 for each page into the folder.
Result<void> write_manual(const CLI::App& root, const ManualOptions& options);

}  // namespace chatgate
