// A conversation as people read it: branch by branch from top to bottom, so that however often it
// branches it fits the terminal. What was said stands behind a bar, its control characters spelt
// out, so that nothing in it can pass for a line of ours or move the cursor. One thread.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/domain/message.h"

namespace chatgate {

class MessageTree {
 public:
  // REQUIRES: after the message's parent, if that is there at all.
  void add(const Message& message);
  // How many messages nothing follows.
  size_t count_branches() const;
  // No line is wider than `width`, which is 40 at least.
  void print(std::ostream& out, size_t width, bool is_unicode) const;

 private:
  struct Node {
    Message message;
    size_t parent;  // kNone: the first, or its parent is gone
    std::vector<size_t> children;
  };
  static constexpr size_t kNone = SIZE_MAX;

  std::vector<Node> nodes_;
  std::vector<size_t> roots_;
  std::unordered_map<std::string, size_t> by_id_;
};

// Lines of at most `width` columns, broken at spaces where there are some; what is not printable is
// spelt out: "\x1b", "\u202e".
std::vector<std::string> wrap_content(std::string_view content, size_t width);

}  // namespace chatgate
