#pragma once

#include <string>

#include "cli/context.h"

namespace chatgate {

struct TokenListOptions {
  std::string user;  // empty: everybody's
};

Result<void> run_token_list(const TokenListOptions& options, Context& context);

}  // namespace chatgate
