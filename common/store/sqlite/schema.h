// Brings a database's schema to the version that this program speaks. Called once by each opening
// connection, before its first query.
#pragma once

#include <string>
#include <vector>

#include "common/progress.h"
#include "common/result.h"

namespace chatgate::sqlite {

class Connection;

// Creates all tables in an empty database and migrates an older one, in one transaction each.
// kStoreUnavailable for another program's database and for one of a newer chatgate; kRefused to
// migrate what a gateway serves, which is an older one then and knows the older tables, unless the
// database `is_own`. Throws SQLite::Exception, also when another process is busy doing the same.
Result<void> prepare_schema(Connection& connection, bool is_own, const ProgressReport& report);

// Fails as above for a database that is not chatgate's or newer than this program, with kNotFound
// for one without tables; changes nothing.
Result<void> inspect_schema(Connection& connection);
int64_t schema_version(Connection& connection);
bool belongs_to_another_program(Connection& connection);
// The version that schema.sql describes.
int64_t schema_version_of_program();

// In words, where the tables, indexes and triggers are not those that schema.sql describes; white
// space and comments aside. REQUIRES: the database is of this program's version.
std::vector<std::string> schema_differences(Connection& connection);

}  // namespace chatgate::sqlite
