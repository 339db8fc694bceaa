// What chatgate says to the people behind the front doors, in their language. Doors call it when
// they render an answer. The catalogues, one JSON file per language in this folder, are part of the
// program and are read at a language's first use; any thread.
//
// A new message is one enumerator here, its name in messages.cc and its text in each catalogue. A
// text may be a list of lines; `{name}` in it is replaced by the argument of that name.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "common/messages/language.h"
#include "common/result.h"

namespace chatgate {

enum class MessageId : uint8_t {
  // Why a request was refused.
  kPromptMissing,
  kPromptTooLong,  // {limit}: tokens
  kNotFound,
  kForbiddenAddress,
  kMethodNotAllowed,
  kPostRequired,     // GET at a path that takes questions by POST
  kTooManyRequests,  // {seconds}
  kKeyMissing,
  kKeyInvalid,
  kOpsKeyInvalid,
  kOwnPageOnly,
  kLoginRequired,
  kWrongLogin,
  kWrongLoginLink,  // {link}
  kAccountBlocked,
  kOutOfBalance,
  kOutOfBalanceLink,  // {link}
  // The slash commands of the door `web`.
  kHelp,            // several lines
  kMeAccount,       // {account}
  kMeBalance,       // {balance}: an amount with its unit
  kMeUnmetered,     // in place of kMeBalance
  kMeSettings,      // {model} {temperature} {presence} {frequency} {max_tokens}
  kSettingDefault,  // stands for a value in kMeSettings that nobody has set
  kModelChanged,
  kModelInvalid,
  kUserChanged,  // {account}: the new name
  kUserInvalid,
  kUserRefused,    // not this account, or not by a token
  kNameTaken,      // {account}
  kUserUnknown,    // {account}
  kLoginHint,      // how to become another user
  kLoginHintLink,  // {link}
};
inline constexpr size_t kMessageCount = static_cast<size_t>(MessageId::kLoginHintLink) + 1;

struct MessageArgument {
  std::string_view name;
  std::string_view value;
};

// A placeholder without its argument stays as it is.
std::string message(Language language, MessageId id,
                    std::initializer_list<MessageArgument> arguments = {});

// What `error` says in `language`: in English its own message, which is the most exact; elsewhere
// the catalogue's sentence for its code, with the subject, the parameter and the seconds to wait
// where the error knows them. What is wrong with a request's content is quoted in English: no
// catalogue could foresee it.
std::string localized(const Error& error, Language language);

// The names of messages and error codes in the catalogues, and a catalogue as it is: for tests.
std::string_view message_name(MessageId id);
std::string_view error_name(ErrorCode code);
struct Catalogue {
  std::map<std::string, std::string, std::less<>> messages;
  // By the error's name, or by it with _detail, _seconds or _subject: the sentence for an error
  // that knows these.
  std::map<std::string, std::string, std::less<>> errors;
  // By the names that the page /admin gives them.
  std::map<std::string, std::string, std::less<>> admin_page;
};
const Catalogue& catalogue_of(Language language);

}  // namespace chatgate
