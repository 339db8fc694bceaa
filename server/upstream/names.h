// A fixed set of names with what each stands for, asked for every key of every answer.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace chatgate {

// Only names of the size of the one that is looked up are compared with it.
template <class Meaning, size_t kCount>
class Names {
 public:
  struct Row {
    std::string_view name;
    Meaning meaning;
  };

  consteval explicit Names(const Row (&rows)[kCount]) {
    std::ranges::copy(rows, rows_.begin());
    for (const Row& row : rows_) {
      if (row.name.size() + 1 >= begins_.size()) throw "a name is too long";  // at compile time
    }
    std::ranges::sort(rows_, {}, [](const Row& row) { return row.name.size(); });
    for (size_t size = 0; size < begins_.size(); ++size) {
      begins_[size] = static_cast<uint8_t>(
          std::ranges::count_if(rows_, [size](const Row& row) { return row.name.size() < size; }));
    }
  }

  // Null for a name that is none of these.
  const Meaning* find(std::string_view name) const {
    const size_t size = name.size();
    if (size + 1 >= begins_.size()) return nullptr;
    for (size_t i = begins_[size]; i < begins_[size + 1]; ++i) {
      if (std::memcmp(rows_[i].name.data(), name.data(), size) == 0) return &rows_[i].meaning;
    }
    return nullptr;
  }

 private:
  std::array<Row, kCount> rows_{};
  std::array<uint8_t, 32> begins_{};  // of the names of each size
};

}  // namespace chatgate
