#include <algorithm>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

#define CHATGATE_PRICE_COLUMNS                                                               \
  "id, model, currency, input, output, cached_input, reasoning, audio_input, audio_output, " \
  "per_request, max_input_tokens, max_output_tokens, effective_from, removed"

constexpr const char* kInsertPrice =
    "INSERT INTO prices (model, currency, input, output, cached_input, reasoning, audio_input, "
    "audio_output, per_request, max_input_tokens, max_output_tokens, effective_from, removed, "
    "revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kSelectPriceById =
    "SELECT " CHATGATE_PRICE_COLUMNS " FROM prices WHERE id = ?";
constexpr const char* kSelectPrices =
    "SELECT " CHATGATE_PRICE_COLUMNS " FROM prices ORDER BY model, currency, effective_from, id";
constexpr const char* kSelectPricesSince =
    "SELECT " CHATGATE_PRICE_COLUMNS " FROM prices WHERE revision > ? ORDER BY id";

#undef CHATGATE_PRICE_COLUMNS

std::optional<int64_t> picos_of(const std::optional<PicosPerToken>& price) {
  return price ? std::optional(price->picos) : std::nullopt;
}
std::optional<PicosPerToken> price_of(std::optional<int64_t> picos) {
  return picos ? std::optional(PicosPerToken{*picos}) : std::nullopt;
}

Price read_price(const Query& row) {
  Price price;
  price.id = {row.integer(0)};
  price.model = row.text(1);
  price.currency = row.text(2);
  price.input = {row.integer(3)};
  price.output = {row.integer(4)};
  price.cached_input = price_of(row.optional_integer(5));
  price.reasoning = price_of(row.optional_integer(6));
  price.audio_input = price_of(row.optional_integer(7));
  price.audio_output = price_of(row.optional_integer(8));
  price.per_request = {row.integer(9)};
  price.max_input_tokens = row.integer(10);
  price.max_output_tokens = row.integer(11);
  price.effective_from = {row.integer(12)};
  price.removed = row.boolean(13);
  return price;
}

Result<Unit> check_price(const Price& price) {
  if (price.model.empty()) {
    return fail(ErrorCode::kInvalidArgument, "a price needs the name of its model");
  }
  const int64_t least =
      std::min({price.input.picos, price.output.picos, picos_of(price.cached_input).value_or(0),
                picos_of(price.reasoning).value_or(0), picos_of(price.audio_input).value_or(0),
                picos_of(price.audio_output).value_or(0), price.per_request.nanos,
                price.max_input_tokens, price.max_output_tokens});
  if (least < 0) {
    return fail(ErrorCode::kInvalidArgument,
                "a price or limit of " + in_quotes(price.model) + " is negative: use 0 or more");
  }
  Result<Unit> currency = parse_unit(price.currency);
  if (currency && currency->is_tokens()) {
    return fail(ErrorCode::kInvalidArgument,
                "a price needs a currency like USD: accounts in tokens are charged by count");
  }
  return currency;
}

void insert_price(Connection& connection, const Price& price, const std::string& currency,
                  Revision revision) {
  connection
      .query(kInsertPrice, price.model, currency, price.input.picos, price.output.picos,
             picos_of(price.cached_input), picos_of(price.reasoning), picos_of(price.audio_input),
             picos_of(price.audio_output), price.per_request.nanos, price.max_input_tokens,
             price.max_output_tokens, price.effective_from.unix_ms, price.removed, revision)
      .run();
}

}  // namespace

void visit_changed_prices(Connection& connection, Revision since, const ChangeVisitor& visitor) {
  if (!visitor.price) return;
  Query query = connection.query(kSelectPricesSince, since);
  while (query.step()) visitor.price(read_price(query));
}

std::vector<Price> select_prices(Connection& connection) {
  std::vector<Price> prices;
  Query query = connection.query(kSelectPrices);
  while (query.step()) prices.push_back(read_price(query));
  return prices;
}

Result<Price> SqliteStore::add_price(const Price& price) {
  const Result<Unit> currency = check_price(price);
  if (!currency) return tl::unexpected<Error>(currency.error());
  return connection_->write([&]() -> Result<Price> {
    insert_price(*connection_, price, currency->code, next_revision(*connection_));
    Query query = connection_->query(kSelectPriceById, connection_->last_insert_id());
    query.step();
    return read_price(query);
  });
}

Result<void> SqliteStore::add_prices(std::span<const Price> prices, const ProgressReport& report) {
  constexpr int64_t kReportEvery = 500;
  const auto total = static_cast<int64_t>(prices.size());
  if (total == 0) return {};
  return connection_->write([&]() -> Result<void> {
    const Revision revision = next_revision(*connection_);
    int64_t done = 0;
    for (const Price& price : prices) {
      const Result<Unit> currency = check_price(price);
      if (!currency) return tl::unexpected<Error>(currency.error());
      insert_price(*connection_, price, currency->code, revision);
      ++done;
      const bool is_due = done % kReportEvery == 0 || done == total;
      if (is_due && report && !report(done, total)) {
        return fail(ErrorCode::kInterrupted, "interrupted: no price was changed");
      }
    }
    return {};
  });
}

Result<std::vector<Price>> SqliteStore::list_prices() {
  return connection_->read(
      [&]() -> Result<std::vector<Price>> { return select_prices(*connection_); });
}

}  // namespace chatgate::sqlite
