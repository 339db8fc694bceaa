// Tables: every row comes to an end, lines count up, and usage read from a table or from JSON is
// within its days.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/billing/provider_usage.h"
#include "common/text/csv.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

FUZZ_TARGET(
    csv,
    "date,model,\"requests\"\r\n2026-11-20,\"gpt \"\"x\"\"\",3\r\n\r\n2026-11-21,\"a\nb\",\n") {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  chatgate::CsvReader reader(text);
  std::vector<std::string> row;
  int64_t line = 0;
  while (true) {
    const auto more = reader.next(row);
    if (!more) require(!more.error().message.empty());
    if (!more || !*more) break;
    require(!row.empty() && reader.line() > line);
    line = reader.line();
  }
  const auto usage = chatgate::read_provider_usage(text, "USD");
  if (!usage) return 0;
  require(usage->first_day <= usage->last_day);
  for (const auto& [key, sums] : usage->lines) {
    require(key.day >= *usage->first_day && key.day <= *usage->last_day);
    for (size_t i = 0; i + 1 < sums.size(); ++i) require(sums.at(i) >= 0);
  }
  return 0;
}
