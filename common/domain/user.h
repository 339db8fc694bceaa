// An account: who pays, in which unit, and what is left.
#pragma once

#include <string>

#include "common/clock.h"
#include "common/domain/ids.h"
#include "common/domain/money.h"

namespace chatgate {

struct User {
  UserId id;
  std::string name;  // unique; 1 to 64 of letters, digits and . _ - @
  Unit unit;
  Money balance;           // sum of credits less sum of usage costs
  bool unmetered = false;  // never refused for its balance, recorded all the same
  bool blocked = false;
  std::string note;
  Timestamp created_at;
};

}  // namespace chatgate
