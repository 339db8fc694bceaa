// What may stand next on a command line: the answer that the shells' completion scripts ask for
// with the hidden command `chatgate __complete LINE`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"

namespace CLI {
class App;
}

namespace chatgate {

struct Candidate {
  std::string word;  // in place of the whole last word of the line
  std::string remark;
};
struct Candidates {
  bool are_files = false;  // the shell lists files by itself; `words` is empty
  std::vector<Candidate> words;
};

// `line`: the command line up to the cursor as it was typed, quotes and all. Options before the
// cursor (--db, --config) go into `context`. What cannot be looked up has no candidates.
Candidates complete(const CLI::App& root, std::string_view line, Context& context);

// The words of a line without their quotes; the last one is the word at the line's end, empty after
// a space. `home` takes the place of a leading tilde.
std::vector<std::string> split_line(std::string_view line, const std::string& home);

// Adds the hidden command. It prints "files", or "words" and then a line for each candidate, a tab
// before its remark; nothing where nothing can follow.
void register_complete(CLI::App& app, Context& context);

}  // namespace chatgate
