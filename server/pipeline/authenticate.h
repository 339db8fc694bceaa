// Who sends a request, for the pipeline and for the routes that it does not serve.
#pragma once

#include "server/books/directory.h"
#include "server/transport/framing_guard.h"
#include "server/transport/http_exchange.h"

namespace chatgate {

// The token of `Authorization: Bearer TOKEN` or `api-key: TOKEN`; empty: there is none.
std::string_view credential_of(const RequestHead& head);
Error missing_token();

// The bearer of `Authorization: Bearer TOKEN` or `api-key: TOKEN`. kMissingToken, kInvalidToken,
// kUserBlocked.
Result<Principal> authenticate(const Directory& directory, const RequestHead& head);
// The same, or, where there is no token, the account that the client's certificate proves.
Result<Principal> find_sender(const Directory& directory, const HttpExchange& exchange);
// The same, and the access log learns who it is.
Result<Principal> authenticate(const Directory& directory, const HttpExchange& exchange);

// The account that the client's certificate proves, for a request without any other credential.
// kMissingToken when it proves none, as for whoever shows nothing; kUserBlocked.
Result<Principal> find_certified(const Directory& directory, const HttpExchange& exchange);

// Tells the access log whose request this is. For doors that find that out by themselves.
void note_principal(const Directory& directory, const Principal& principal,
                    const HttpExchange& exchange);

}  // namespace chatgate
