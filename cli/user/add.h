#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct UserAddOptions {
  std::string name;
  std::string unit = "USD";
  std::string balance;  // amount in `unit`; empty: none
  bool unmetered = false;
  bool reads_password = false;  // from the input stream
  std::string note;
};

// Creates the database when there is none. Prints the account.
Result<void> run_user_add(const UserAddOptions& options, Context& context);

}  // namespace chatgate
