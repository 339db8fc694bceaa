#include "cli/fit_table.h"

#include <algorithm>
#include <utility>

namespace chatgate {
namespace {

// A text is cut no further; less would tell little.
constexpr size_t kTextWidthMin = 12;

struct ShownColumn {
  size_t index;
  size_t width;
  size_t width_min;
};

std::vector<ShownColumn> measure(const Table& table) {
  std::vector<ShownColumn> shown;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (column.header.empty()) continue;
    const size_t header_width = display_width(column.header);
    size_t width = header_width;
    for (const auto& row : table.rows) width = std::max(width, display_width(row[i].text));
    const size_t width_min =
        column.is_number ? width : std::min(width, std::max(header_width, kTextWidthMin));
    shown.push_back({i, width, width_min});
  }
  return shown;
}

size_t total(const std::vector<ShownColumn>& columns, size_t ShownColumn::*width) {
  size_t sum = columns.empty() ? 0 : (columns.size() - 1) * kColumnGap.size();
  for (const ShownColumn& column : columns) sum += column.*width;
  return sum;
}

// The column to leave out next.
size_t least_important(const Table& table, const std::vector<ShownColumn>& shown) {
  const auto weight_at = [&](size_t i) { return table.columns[shown[i].index].weight; };
  size_t least = shown.size() - 1;
  for (size_t i = least - 1; i > 0; --i) {
    if (weight_at(i) < weight_at(least)) least = i;
  }
  return least;
}

// Takes from the widest columns what is too much, one place after the other.
void shrink(std::vector<ShownColumn>& shown, size_t width) {
  for (size_t used = total(shown, &ShownColumn::width); used > width; --used) {
    ShownColumn* widest = nullptr;
    for (ShownColumn& column : shown) {
      if (column.width == column.width_min) continue;
      if (widest == nullptr || column.width > widest->width) widest = &column;
    }
    if (widest == nullptr) return;
    --widest->width;
  }
}

}  // namespace

std::vector<std::string> fit_table(Table& table, size_t width, std::string_view ellipsis) {
  std::vector<ShownColumn> shown = measure(table);
  std::vector<size_t> left_out;
  while (shown.size() > 1 && total(shown, &ShownColumn::width_min) > width) {
    const size_t place = least_important(table, shown);
    left_out.push_back(shown[place].index);
    shown.erase(shown.begin() + static_cast<std::ptrdiff_t>(place));
  }
  shrink(shown, width);
  for (const ShownColumn& column : shown) {
    for (auto& row : table.rows) {
      std::string& text = row[column.index].text;
      if (display_width(text) > column.width) text = cut_text(text, column.width, ellipsis);
    }
  }
  std::ranges::sort(left_out);
  std::vector<std::string> headers;
  for (const size_t i : left_out) {
    headers.push_back(std::exchange(table.columns[i].header, std::string()));
  }
  return headers;
}

}  // namespace chatgate
