// Makes tables fit a terminal, whose wrapped lines nobody can read. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"

namespace chatgate {

// Cuts the widest texts, ending them with `ellipsis`, until the shown columns of `table` take at
// most `width`. Numbers are never cut. Where even short texts do not fit, columns are left out in
// order of their weight, of equals the rightmost first, but never the first column. Returns the
// headers of those left out.
std::vector<std::string> fit_table(Table& table, size_t width, std::string_view ellipsis);

}  // namespace chatgate
