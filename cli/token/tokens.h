// What the verbs about tokens share.
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"
#include "common/domain/api_token.h"

namespace chatgate {

// Columns of `token list` and `token revoke`; row_of_token fills them.
std::vector<Column> columns_of_tokens();
std::vector<Cell> row_of_token(const ApiToken& token, const std::string& user, Timestamp now);

}  // namespace chatgate
