// What the readers of usage rows share: spans of time as spans of ids, the names that numbers stand
// for, and the chain of a token's rows. For the files of this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {

// Moments outside of what ids can express are brought to the nearest that they can.
inline int64_t expressible_ms(Timestamp time) {
  return std::clamp<int64_t>(time.unix_ms, 0, INT64_MAX >> kRequestIdTimeShift);
}
inline int64_t first_id_of(Timestamp time) { return expressible_ms(time) << kRequestIdTimeShift; }

inline TokenUsage read_token_usage(const Query& row, int column) {
  return {row.integer(column),     row.integer(column + 1), row.integer(column + 2),
          row.integer(column + 3), row.integer(column + 4), row.integer(column + 5)};
}

// The texts that the numbers in usage rows stand for, each read once.
class UsageNames {
 public:
  explicit UsageNames(Connection& connection) : connection_(connection) {}

  const std::string& user(int64_t id);
  const std::string& unit_of_user(int64_t id);
  const std::string& token_prefix(int64_t id);
  const std::string& name(int64_t id);  // of a model, an endpoint, an upstream
  // kNoName for a name that no row has.
  int64_t id_of_name(const std::string& name);
  static constexpr int64_t kNoName = -1;

 private:
  using Texts = std::unordered_map<int64_t, std::string>;
  const std::string& text_of(Texts& known, const char* sql, int64_t id);

  Connection& connection_;
  Texts users_;
  Texts units_;
  Texts tokens_;
  Texts names_;
};

// The first and the last day of the roll-up; the last is before the first when it is empty.
struct KnownDays {
  int64_t first;
  int64_t last;
};
KnownDays known_days(Connection& connection);

// Visits a token's usage rows of [from, until), day by day from each of its lines' latest row back
// to the first. `select_by_id` reads one row whose column `previous_column` names the next to
// visit.
template <class Visit>
void for_each_row_of_token(Connection& connection, TokenId token, Timestamp from, Timestamp until,
                           const char* select_by_id, int previous_column, const Visit& visit) {
  constexpr const char* kSelectUserOfToken = "SELECT user_id FROM tokens WHERE id = ?";
  // The lines of one token: its user's part of each day.
  constexpr const char* kSelectLinesOfToken =
      "SELECT last_id FROM usage_daily WHERE day = ? AND user_id = ? AND token_id = ?";

  Query owner = connection.query(kSelectUserOfToken, token.value);
  if (!owner.step()) return;
  const int64_t user = owner.integer(0);
  const KnownDays known = known_days(connection);
  const int64_t from_id = first_id_of(from);
  const int64_t until_id = first_id_of(until);
  const int64_t first_day = std::max(day_of(RequestId{from_id}), known.first);
  const int64_t last_day = std::min(day_of(RequestId{until_id}), known.last);
  for (int64_t day = first_day; day <= last_day; ++day) {
    Query line = connection.query(kSelectLinesOfToken, day, user, token.value);
    while (line.step()) {
      for (int64_t id = line.integer(0); id != 0;) {
        Query row = connection.query(select_by_id, id);
        if (!row.step()) break;  // pruned; else verify_books reports it
        if (id >= from_id && id < until_id) visit(row);
        id = row.integer(previous_column);
      }
    }
  }
}

}  // namespace chatgate::sqlite
