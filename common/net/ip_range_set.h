// Many blocks of addresses, asked at each request whether an address lies in one. Built once, then
// constant: any thread.
#pragma once

#include <vector>

#include "common/net/address.h"
#include "common/result.h"

namespace chatgate {

class IpRangeSet {
 public:
  IpRangeSet() = default;
  explicit IpRangeSet(const std::vector<IpRange>& ranges);

  bool empty() const { return spans_.empty(); }
  bool contains(const IpAddress& address) const;

 private:
  // Ascending, and no two overlap: one binary search tells.
  struct Span {
    IpAddress first;
    IpAddress last;
  };
  std::vector<Span> spans_;
};

// Of texts as parse_ip_range takes them.
Result<IpRangeSet> parse_ip_ranges(const std::vector<std::string>& texts);

}  // namespace chatgate
