#include "common/store/sqlite/sqlite_store.h"

namespace chatgate::sqlite {
namespace {

constexpr const char* kSelectDataVersion = "PRAGMA data_version";
constexpr const char* kSelectRevision = "SELECT revision FROM change_counter";
constexpr const char* kRaiseRevision =
    "UPDATE change_counter SET revision = revision + 1 RETURNING revision";
constexpr const char* kTouchRevision = "UPDATE change_counter SET revision = revision";
constexpr const char* kSelectLastRequestId =
    "SELECT max(coalesce((SELECT max(id) FROM usage), 0),"
    " coalesce((SELECT max(request_id) FROM holds), 0), (SELECT first_id FROM usage_kept))";

}  // namespace

Revision next_revision(Connection& connection) { return connection.single_integer(kRaiseRevision); }

Result<std::unique_ptr<Store>> SqliteStore::open(const std::string& path,
                                                 const ConnectionOptions& options) {
  auto connection = Connection::open(path, options);
  if (!connection) return tl::unexpected<Error>(connection.error());
  std::unique_ptr<SqliteStore> store(new SqliteStore(*std::move(connection)));
  // From now on, changes elsewhere count.
  if (const Result<bool> changed = store->changed_elsewhere(); !changed) {
    return tl::unexpected<Error>(changed.error());
  }
  return store;
}

SqliteStore::SqliteStore(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

Result<bool> SqliteStore::changed_elsewhere() {
  return connection_->guard([&]() -> Result<bool> {
    const int64_t version = connection_->single_integer(kSelectDataVersion);
    return std::exchange(data_version_, version) != version;
  });
}

Result<Revision> SqliteStore::for_each_change_since(Revision since, const ChangeVisitor& visitor) {
  return connection_->read([&]() -> Result<Revision> {
    const Revision reached = connection_->single_integer(kSelectRevision);
    if (reached == since) return reached;
    visit_changed_users(*connection_, since, visitor);
    visit_changed_tokens(*connection_, since, visitor);
    visit_changed_prices(*connection_, since, visitor);
    return reached;
  });
}

Result<void> SqliteStore::probe() {
  return connection_->write([&]() -> Result<void> {
    connection_->query(kTouchRevision).run();
    return {};
  });
}

Result<RequestId> SqliteStore::last_request_id() {
  return connection_->guard([&]() -> Result<RequestId> {
    return RequestId{connection_->single_integer(kSelectLastRequestId)};
  });
}

}  // namespace chatgate::sqlite
