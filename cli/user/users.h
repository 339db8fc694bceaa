// What the verbs about accounts share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/output.h"
#include "common/result.h"
#include "common/store/store.h"

namespace chatgate {

// The account of that name; kNotFound with the nearest name that exists.
Result<User> require_user(Store& store, const std::string& name);

// Lets `change` work on the account of that name, and prints the account as it is then.
Result<void> change_user(const std::string& name, Context& context,
                         const std::function<Result<void>(Store&, const User&)>& change);

// A new password from standard input, or asked for twice at a terminal; its hash.
Result<std::string> read_password_hash(Context& context);

// Rows of accounts, as `user list` and `user show` print them.
Table table_of_users(const std::vector<User>& users);

}  // namespace chatgate
