#include "common/store/sqlite/known_names.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <filesystem>

#include "common/store/sqlite/connection.h"
#include "common/store/sqlite/partial_file.h"

namespace chatgate::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 100;

// The names from a text on, and before the text with one greatest character: a span of an index.
constexpr const char* kSelectUserNames =
    "SELECT name, unit || iif(blocked, ', blocked', '') || iif(note = '', '', ', ' || note)"
    " FROM users WHERE archived_at IS NULL AND name >= ?1 AND name < ?1 || char(0x10ffff)"
    " ORDER BY name LIMIT ?2";
constexpr const char* kSelectTokenPrefixes =
    "SELECT tokens.prefix, 'token ' || tokens.id || ' of ' || users.name ||"
    " iif(tokens.name = '', '', ', ' || tokens.name)"
    " FROM tokens JOIN users ON users.id = tokens.user_id"
    " WHERE (revoked_at IS NULL OR revoked_at > ?3) AND prefix >= ?1 AND prefix < ?1 || "
    "char(0x10ffff)"
    " ORDER BY prefix LIMIT ?2";
// The numbers that begin with the digits of 12 are 12, 120 to 129, 1200 to 1299 and so on.
constexpr const char* kSelectTokenIds =
    "WITH RECURSIVE span (first, last) AS (SELECT CAST(?1 AS INTEGER), CAST(?1 AS INTEGER)"
    " UNION ALL SELECT first * 10, last * 10 + 9 FROM span WHERE last < 100000000000000000)"
    " SELECT tokens.id, tokens.prefix || '... of ' || users.name ||"
    " iif(tokens.name = '', '', ', ' || tokens.name)"
    " FROM span JOIN tokens ON tokens.id BETWEEN span.first AND span.last"
    " JOIN users ON users.id = tokens.user_id"
    " WHERE revoked_at IS NULL OR revoked_at > ?3 LIMIT ?2";
constexpr const char* kSelectModels =
    "SELECT DISTINCT model, '' FROM prices WHERE model >= ?1 AND model < ?1 || char(0x10ffff)"
    " ORDER BY model LIMIT ?2";

constexpr const char* kSelectArchivedNames =
    "SELECT name, unit || ', archived' || iif(note = '', '', ', ' || note)"
    " FROM users WHERE archived_at IS NOT NULL AND name >= ?1 AND name < ?1 || char(0x10ffff)"
    " ORDER BY name LIMIT ?2";
// Not withdrawn: the last row of some currency is a price.
constexpr const char* kSelectModelsInForce =
    "SELECT DISTINCT model, '' FROM prices WHERE model >= ?1 AND model < ?1 || char(0x10ffff)"
    " AND NOT removed AND NOT EXISTS (SELECT 1 FROM prices AS later WHERE"
    " later.model = prices.model AND later.currency = prices.currency AND"
    " (later.effective_from, later.id) > (prices.effective_from, prices.id))"
    " ORDER BY model LIMIT ?2";

constexpr const char* kSelectConversationIds =
    "SELECT conversations.id, 'of ' || users.name FROM conversations"
    " JOIN users ON users.id = user_id"
    " WHERE conversations.id >= ?1 AND conversations.id < ?1 || char(0x10ffff)"
    " ORDER BY conversations.id LIMIT ?2";

const char* query_for(NameKind kind, std::string_view beginning) {
  switch (kind) {
    case NameKind::kUser:
      return kSelectUserNames;
    case NameKind::kToken: {
      const bool is_id = !beginning.empty() && beginning.size() <= 17 && beginning[0] != '0' &&
                         beginning.find_first_not_of("0123456789") == beginning.npos;
      return is_id ? kSelectTokenIds : kSelectTokenPrefixes;
    }
    case NameKind::kArchivedUser:
      return kSelectArchivedNames;
    case NameKind::kModelInForce:
      return kSelectModelsInForce;
    case NameKind::kConversation:
      return kSelectConversationIds;
    case NameKind::kModel:
      break;
  }
  return kSelectModels;
}

// The address of the file for SQLite. A file without a log beside it is used by nobody: read as one
// that does not change, it gets no side files. One that is in use has both already. Empty for one
// that has lost one of them: to read it would make the other.
std::string read_only_uri(const std::string& given_path) {
  std::error_code ignored;
  const std::string path = std::filesystem::weakly_canonical(given_path, ignored).string();
  const bool has_log = std::filesystem::exists(path + kLogSuffix, ignored);
  if (has_log != std::filesystem::exists(path + kIndexSuffix, ignored)) return {};
  std::string uri = "file:";
  for (const char c : path) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '?' || c == '#' || c == '%') {
      uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri + (has_log ? "?mode=ro" : "?immutable=1");
}

}  // namespace

Result<std::vector<KnownName>> find_names(const std::string& path, NameKind kind,
                                          std::string_view beginning, Timestamp now,
                                          size_t count_max) {
  const std::string uri = read_only_uri(path);
  if (uri.empty()) return std::vector<KnownName>{};
  try {
    SQLite::Database database(uri, SQLite::OPEN_READONLY | SQLite::OPEN_URI | SQLite::OPEN_NOMUTEX,
                              kBusyTimeoutMs);
    SQLite::Statement statement(database, query_for(kind, beginning));
    statement.bind(1, std::string(beginning));
    statement.bind(2, static_cast<int64_t>(count_max));
    if (kind == NameKind::kToken) statement.bind(3, now.unix_ms);
    std::vector<KnownName> names;
    while (statement.executeStep()) {
      names.push_back({statement.getColumn(0).getString(), statement.getColumn(1).getString()});
    }
    return names;
  } catch (const SQLite::Exception& failure) {
    return tl::unexpected<Error>(error_of(failure, path, kBusyTimeoutMs));
  }
}

}  // namespace chatgate::sqlite
