#include "cli/chart.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>

namespace chatgate {
namespace {

using int128 = __int128;  // a product of two amounts

constexpr int64_t kEighths = 8;
constexpr std::array<std::string_view, 8> kBlocks{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
constexpr std::array<std::string_view, 8> kHeights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::string_view kAsciiHeights = ".:-=+*#@";

// Of `steps`, how many stand for value / max, rounded; at least one.
int64_t share_of(int64_t value, int64_t max, int64_t steps) {
  const auto share = (int128{value} * steps * 2 + max) / (int128{max} * 2);
  return std::max<int64_t>(static_cast<int64_t>(share), 1);
}

}  // namespace

std::string chart_bar(int64_t value, int64_t max, size_t width, bool is_unicode) {
  assert(value <= max);
  if (value <= 0 || width == 0) return {};
  const auto columns = static_cast<int64_t>(width);
  if (!is_unicode) return std::string(static_cast<size_t>(share_of(value, max, columns)), '#');
  const int64_t eighths = share_of(value, max, columns * kEighths);
  std::string bar;
  for (int64_t i = 0; i < eighths / kEighths; ++i) bar += "█";
  return bar + std::string(kBlocks.at(static_cast<size_t>(eighths % kEighths)));
}

std::string sparkline(const std::vector<int64_t>& values, bool is_unicode) {
  const int64_t max = values.empty() ? 0 : *std::ranges::max_element(values);
  std::string line;
  for (const int64_t value : values) {
    if (value <= 0) {
      line += ' ';
      continue;
    }
    const auto height = static_cast<size_t>(share_of(value, max, kEighths)) - 1;
    line += is_unicode ? kHeights.at(height) : kAsciiHeights.substr(height, 1);
  }
  return line;
}

}  // namespace chatgate
