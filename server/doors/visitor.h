// Who calls at the door `web`: an account by its name and password (HTTP Basic, RFC 7617), by a
// token of chatgate's, or by its certificate. Called inside a request's coroutine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/net/address.h"
#include "server/guard/password_guard.h"
#include "server/routes.h"

namespace chatgate {

struct Visitor {
  Principal principal;
  bool has_password = false;  // knows it, and so may change it
};

// kMissingToken when there are no credentials at all; the errors of PasswordGuard::log_in and
// Directory::find_principal.
Result<Visitor> identify_visitor(const RouteParts& parts, const RoutedRequest& request);

// The address that failures count for; behind proxies that are not trusted, theirs.
IpAddress visitor_address(const RoutedRequest& request);

// Logs a wrong password or operations key with its address, so that programs can shut attackers
// out. Not the name: people type their password there by mistake.
void note_failed_login(const RoutedRequest& request, const Error& error);

// Whether the value of an Authorization header is of the scheme Basic, broken or not.
bool is_basic(std::string_view authorization);

struct BasicCredentials {
  std::string name, password;
};
// Of the value of an Authorization header. Nothing when it is of another scheme or broken.
std::optional<BasicCredentials> parse_basic_credentials(std::string_view authorization);

}  // namespace chatgate
