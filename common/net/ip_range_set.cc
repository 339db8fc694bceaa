#include "common/net/ip_range_set.h"

#include <algorithm>

namespace chatgate {
namespace {

// The address at one end of a block: the bits behind its prefix all 0 or all 1.
IpAddress end_of(const IpRange& range, bool is_last) {
  IpAddress end = range.first;
  for (int bit = range.prefix_bits; bit < 128; ++bit) {
    const auto mask = static_cast<uint8_t>(0x80 >> (bit % 8));
    auto& byte = end.bytes.at(static_cast<size_t>(bit / 8));
    byte = static_cast<uint8_t>(is_last ? byte | mask : byte & ~mask);
  }
  return end;
}

}  // namespace

IpRangeSet::IpRangeSet(const std::vector<IpRange>& ranges) {
  std::vector<Span> all;
  all.reserve(ranges.size());
  for (const auto& range : ranges) all.push_back({end_of(range, false), end_of(range, true)});
  std::ranges::sort(all, {}, &Span::first);
  for (const auto& span : all) {
    if (!spans_.empty() && span.first <= spans_.back().last) {
      spans_.back().last = std::max(spans_.back().last, span.last);
    } else {
      spans_.push_back(span);
    }
  }
}

bool IpRangeSet::contains(const IpAddress& address) const {
  const auto after = std::ranges::upper_bound(spans_, address, {}, &Span::first);
  return after != spans_.begin() && address <= std::prev(after)->last;
}

Result<IpRangeSet> parse_ip_ranges(const std::vector<std::string>& texts) {
  std::vector<IpRange> ranges;
  ranges.reserve(texts.size());
  for (const auto& text : texts) {
    auto range = parse_ip_range(text);
    if (!range) return tl::unexpected(std::move(range.error()));
    ranges.push_back(*range);
  }
  return IpRangeSet(ranges);
}

}  // namespace chatgate
