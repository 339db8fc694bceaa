// What the verbs about accounts share.
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"
#include "common/result.h"
#include "common/store/store.h"

namespace chatgate {

// The account of that name; kNotFound with the nearest name that exists.
Result<User> require_user(Store& store, const std::string& name);

// Rows of accounts, as `user list` and `user show` print them.
Table table_of_users(const std::vector<User>& users);

}  // namespace chatgate
