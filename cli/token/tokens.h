// What the verbs about tokens share.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/output.h"
#include "common/domain/api_token.h"
#include "common/store/store.h"

namespace chatgate {

// The token of that id, prefix or text; kNotFound with the nearest prefix that exists.
Result<ApiToken> require_token(Store& store, const std::string& text);

// "token 12 (sk-cg-Zk3x9Q…) of alice": for a sentence.
std::string describe_token(const ApiToken& token, const std::string& user);

bool is_revoked(const ApiToken& token, Timestamp now);

// Makes `token` (its text is made here) and prints it, as nothing can again: alone, in JSON as an
// object with the rest beside it. Where that cannot be written the new token is revoked: success
// means that it was seen.
Result<ApiToken> issue_token(Store& store, ApiToken token, const std::string& user,
                             Context& context);

// Prints a token's row.
Result<void> print_token(Store& store, const ApiToken& token, Context& context);

// Columns of `token list` and `token show`; row_of_token fills them.
std::vector<Column> columns_of_tokens();
std::vector<Cell> row_of_token(const ApiToken& token, const std::string& user, Timestamp now);

}  // namespace chatgate
