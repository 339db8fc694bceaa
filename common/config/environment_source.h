// Variables of the environment or of .env as values by key. Internal to common/config.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "common/config/environment.h"
#include "common/config/sources.h"

namespace chatgate {

// One source of variables, and how its names read in a message.
struct Variables {
  const Environment& environment;
  std::string label;                 // "environment", ".env"
  std::set<std::string> taken = {};  // names that the file's upstreams use for their keys

  // An empty variable counts as none: that is how people switch one off. So does a taken one.
  std::string get(const std::string& name) const;
  std::string get_anyway(const std::string& name) const;  // a taken one too
  bool is_empty(const std::string& name) const;           // set all the same
  std::string origin(const std::string& name) const { return label + " " + name; }
};

// Values of `rows` from the variables of their own names and of foreign ones. Two that disagree are
// an error naming both, and so is a CHATGATE_ name that means nothing.
Result<Source> collect_environment(const Variables& variables, const Rows& rows);

// `static_users` of BASIC_AUTH_USER and BASIC_AUTH_PASSWORD, comma lists of equal length; each is
// looked for in `near` first, then in `far`.
Result<std::optional<Given>> static_users_of_lists(const Variables& near, const Variables& far);

}  // namespace chatgate
