// The slash commands of the door `web`: prompts that the gateway answers itself, without an
// upstream and without a charge. Called inside a request's coroutine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/doors/visitor.h"

namespace chatgate {

struct WebCommand {
  enum class Name : uint8_t { kHelp, kMe, kModel, kUser, kLogin };
  Name name;
  std::string_view argument;  // without spaces around it
};

// Nothing for a prompt that is a question, as one that only begins with a slash may be.
std::optional<WebCommand> parse_web_command(std::string_view prompt);

// A new name and password out of "name:password": a letter and 3 to 11 letters and digits, and at
// least 6 bytes without spaces and control characters. Nothing when it is neither.
struct NewLogin {
  std::string_view name, password;
};
std::optional<NewLogin> parse_new_login(std::string_view argument);

// What the person is told. Errors are faults of the gateway's own; a wrong command is answered.
Result<std::string> run_web_command(const RouteParts& parts, const RoutedRequest& request,
                                    const Visitor& visitor, const WebCommand& command);

}  // namespace chatgate
