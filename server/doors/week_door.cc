// GET /data/week: the bearer's requests of the last seven days, as the transparent agent lists
// them: a JSON array of {remote_id, model, total_tokens, price, timestamp}, oldest first. `price`
// is what the request cost, a decimal number in the account's unit. However many they are, no more
// than a page of them is in memory beside their ids, and those are limited: of more requests than
// kRequestsMax the latest are told.

#include <algorithm>
#include <span>

#include "common/text/time_text.h"
#include "server/json/json_object.h"
#include "server/pipeline/authenticate.h"
#include "server/routes.h"

namespace chatgate {
namespace {

constexpr int64_t kWeekMs = 7LL * 24 * 60 * 60 * 1000;
constexpr size_t kRequestsMax = 100'000;
constexpr size_t kRequestsOfPage = 500;

// Written by hand because the price must appear as the exact decimal that it is.
void append(const UsageRecord& record, const Unit& unit, std::string& list) {
  if (record.price_id.value == 0 || record.status == UsageStatus::kFailed) return;
  list += "{\"remote_id\":" + json_string(record.remote_id) +
          ",\"model\":" + json_string(record.model) +
          ",\"total_tokens\":" + std::to_string(record.usage.total()) +
          ",\"price\":" + format_money(record.cost, unit) +
          ",\"timestamp\":" + json_string(format_rfc3339(record.started_at())) + "},";
}

// The list in pieces: each takes the next page out of the books.
class WeekList {
 public:
  WeekList(StoreReader& reader, std::vector<RequestId> ids, Unit unit)
      : reader_(reader), ids_(std::move(ids)), unit_(std::move(unit)) {}

  bool is_whole() const { return is_whole_; }

  Result<std::string> next_piece() {
    const auto page =
        std::span(ids_).subspan(next_, std::min(kRequestsOfPage, ids_.size() - next_));
    Result<std::vector<UsageRecord>> records;
    reader_.run([&](Store& store) { records = store.find_usage(page); });
    if (!records) return tl::unexpected(std::move(records.error()));
    next_ += page.size();
    std::string piece = std::exchange(rest_, {});
    for (const auto& record : *records) append(record, unit_, piece);
    // The last comma waits for something to follow.
    if (piece.ends_with(',')) {
      piece.pop_back();
      rest_ = ",";
    }
    is_whole_ = next_ == ids_.size();
    if (is_whole_) piece += ']';
    return piece;
  }

 private:
  StoreReader& reader_;
  std::vector<RequestId> ids_;
  Unit unit_;
  size_t next_ = 0;
  std::string rest_ = "[";
  bool is_whole_ = false;
};

bool send_rest(WeekList& list, std::string piece, BodySink& sink) {
  while (sink.write(piece) && !list.is_whole()) {
    auto next = list.next_piece();
    if (!next) return false;
    piece = std::move(*next);
  }
  return list.is_whole();
}

}  // namespace

void answer_week(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request, "GET, HEAD")) return;
  auto principal = authenticate(parts.directory, request.exchange);
  if (!principal) return answer_error(request, principal.error());
  const Timestamp now = parts.clock.now();
  Result<std::vector<RequestId>> ids;
  parts.reader.run([&](Store& store) {
    ids = store.list_requests_of_token(principal->token_id, {now.unix_ms - kWeekMs},
                                       {now.unix_ms + 1}, kRequestsMax);
  });
  if (!ids) return answer_error(request, ids.error());
  auto list = std::make_shared<WeekList>(parts.reader, std::move(*ids), principal->unit);
  auto first = list->next_piece();
  if (!first) return answer_error(request, first.error());
  if (list->is_whole()) return answer_json(request.exchange, std::move(*first));
  request.exchange.stream(200, {{"content-type", "application/json"}}, -1,
                          [list, first = std::move(*first)](BodySink& sink) mutable {
                            return send_rest(*list, std::move(first), sink);
                          });
}

}  // namespace chatgate
