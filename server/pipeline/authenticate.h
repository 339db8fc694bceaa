// Who sends a request, for the pipeline and for the routes that it does not serve.
#pragma once

#include "server/books/directory.h"
#include "server/transport/framing_guard.h"

namespace chatgate {

// The token of `Authorization: Bearer TOKEN` or `api-key: TOKEN`; empty: there is none.
std::string_view credential_of(const RequestHead& head);
Error missing_token();

// The bearer of `Authorization: Bearer TOKEN` or `api-key: TOKEN`. kMissingToken, kInvalidToken,
// kUserBlocked.
Result<Principal> authenticate(const Directory& directory, const RequestHead& head);

}  // namespace chatgate
