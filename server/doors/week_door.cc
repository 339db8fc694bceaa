// GET /data/week: the bearer's requests of the last seven days, as the transparent agent lists
// them: a JSON array of {remote_id, model, total_tokens, price, timestamp}, oldest first. `price`
// is what the request cost, a decimal number in the account's unit.

#include <nlohmann/json.hpp>

#include "common/text/time_text.h"
#include "server/pipeline/authenticate.h"
#include "server/routes.h"

namespace chatgate {
namespace {

constexpr int64_t kWeekMs = 7LL * 24 * 60 * 60 * 1000;

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Written by hand because the price must appear as the exact decimal that it is.
std::string list_of(const std::vector<UsageRecord>& records, const Unit& unit) {
  std::string list = "[";
  for (const auto& record : records) {
    if (record.price_id.value == 0 || record.status == UsageStatus::kFailed) continue;
    if (list.size() > 1) list += ',';
    list += "{\"remote_id\":" + quoted(record.remote_id) + ",\"model\":" + quoted(record.model) +
            ",\"total_tokens\":" + std::to_string(record.usage.total()) +
            ",\"price\":" + format_money(record.cost, unit) +
            ",\"timestamp\":" + quoted(format_rfc3339(record.started_at())) + "}";
  }
  return list + "]";
}

}  // namespace

void answer_week(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request.exchange, "GET, HEAD")) return;
  auto principal = authenticate(parts.directory, request.exchange.head());
  if (!principal) return answer_error(request.exchange, principal.error());
  const Timestamp now = parts.clock.now();
  Result<std::vector<UsageRecord>> records;
  parts.reader.run([&](Store& store) {
    records =
        store.list_usage_of_token(principal->token_id, {now.unix_ms - kWeekMs}, {now.unix_ms + 1});
  });
  if (!records) return answer_error(request.exchange, records.error());
  answer_json(request.exchange, list_of(*records, principal->unit));
}

}  // namespace chatgate
