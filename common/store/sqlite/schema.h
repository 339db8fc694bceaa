// Brings a database's schema to the version that this program speaks. Called once by each opening
// connection, before its first query.
#pragma once

#include "common/result.h"

namespace chatgate::sqlite {

class Connection;

// Creates all tables in an empty database and migrates an older one, in one transaction each.
// kStoreUnavailable for another program's database and for one of a newer chatgate. Throws
// SQLite::Exception, also when another process is busy doing the same.
Result<void> prepare_schema(Connection& connection);

}  // namespace chatgate::sqlite
