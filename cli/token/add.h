#pragma once

#include <string>
#include <vector>

#include "cli/context.h"

namespace chatgate {

struct TokenAddOptions {
  std::string user;
  std::string name;
  std::string expires;                    // a moment, "30d" meaning from now; empty: never
  std::vector<std::string> models;        // names, or beginnings that end in `*`; empty: all
  std::string requests_per_minute = "0";  // a count; 0: unlimited, here and below
  std::string tokens_per_minute = "0";
  std::string parallel_requests = "0";
  bool reads_upstream_key = false;  // from the input stream
};

// Prints the new token alone; nothing can show it again.
Result<void> run_token_add(const TokenAddOptions& options, Context& context);

}  // namespace chatgate
