#include "common/messages/messages.h"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "message_catalogues.h"

namespace chatgate {
namespace {

template <class Id>
struct Named {
  Id id;
  std::string_view name;
};

// Whether each row stands where its identifier's number says, so that it is found by that number.
template <class Id, size_t size>
constexpr bool is_in_order(const std::array<Named<Id>, size>& rows) {
  for (size_t i = 0; i < size; ++i) {
    if (rows.at(i).id != static_cast<Id>(i)) return false;
  }
  return true;
}

constexpr std::array<Named<MessageId>, kMessageCount> kMessageNames{{
    {MessageId::kPromptMissing, "prompt_missing"},
    {MessageId::kPromptTooLong, "prompt_too_long"},
    {MessageId::kNotFound, "not_found"},
    {MessageId::kForbiddenAddress, "forbidden_address"},
    {MessageId::kMethodNotAllowed, "method_not_allowed"},
    {MessageId::kPostRequired, "post_required"},
    {MessageId::kTooManyRequests, "too_many_requests"},
    {MessageId::kKeyMissing, "key_missing"},
    {MessageId::kKeyInvalid, "key_invalid"},
    {MessageId::kOpsKeyInvalid, "ops_key_invalid"},
    {MessageId::kOwnPageOnly, "own_page_only"},
    {MessageId::kLoginRequired, "login_required"},
    {MessageId::kWrongLogin, "wrong_login"},
    {MessageId::kWrongLoginLink, "wrong_login_link"},
    {MessageId::kAccountBlocked, "account_blocked"},
    {MessageId::kOutOfBalance, "out_of_balance"},
    {MessageId::kOutOfBalanceLink, "out_of_balance_link"},
    {MessageId::kHelp, "help"},
    {MessageId::kMeAccount, "me_account"},
    {MessageId::kMeBalance, "me_balance"},
    {MessageId::kMeUnmetered, "me_unmetered"},
    {MessageId::kMeSettings, "me_settings"},
    {MessageId::kSettingDefault, "setting_default"},
    {MessageId::kModelChanged, "model_changed"},
    {MessageId::kModelInvalid, "model_invalid"},
    {MessageId::kUserChanged, "user_changed"},
    {MessageId::kUserInvalid, "user_invalid"},
    {MessageId::kUserRefused, "user_refused"},
    {MessageId::kNameTaken, "name_taken"},
    {MessageId::kUserUnknown, "user_unknown"},
    {MessageId::kLoginHint, "login_hint"},
    {MessageId::kLoginHintLink, "login_hint_link"},
}};
static_assert(is_in_order(kMessageNames));

constexpr size_t kErrorCount = static_cast<size_t>(ErrorCode::kInternal) + 1;
constexpr std::array<Named<ErrorCode>, kErrorCount> kErrorNames{{
    {ErrorCode::kInvalidRequest, "invalid_request"},
    {ErrorCode::kInvalidArgument, "invalid_argument"},
    {ErrorCode::kMissingToken, "missing_token"},
    {ErrorCode::kInvalidToken, "invalid_token"},
    {ErrorCode::kUserBlocked, "user_blocked"},
    {ErrorCode::kAddressNotAllowed, "address_not_allowed"},
    {ErrorCode::kModelNotPriced, "model_not_priced"},
    {ErrorCode::kModelNotAllowed, "model_not_allowed"},
    {ErrorCode::kEndpointNotMetered, "endpoint_not_metered"},
    {ErrorCode::kRateLimited, "rate_limited"},
    {ErrorCode::kInsufficientQuota, "insufficient_quota"},
    {ErrorCode::kNotFound, "not_found"},
    {ErrorCode::kMethodNotAllowed, "method_not_allowed"},
    {ErrorCode::kLengthRequired, "length_required"},
    {ErrorCode::kRequestTimeout, "request_timeout"},
    {ErrorCode::kBodyTooLarge, "body_too_large"},
    {ErrorCode::kUriTooLong, "uri_too_long"},
    {ErrorCode::kHeadersTooLarge, "headers_too_large"},
    {ErrorCode::kUnsupportedMediaType, "unsupported_media_type"},
    {ErrorCode::kUpstreamUnreachable, "upstream_unreachable"},
    {ErrorCode::kUpstreamTimeout, "upstream_timeout"},
    {ErrorCode::kUpstreamBroken, "upstream_broken"},
    {ErrorCode::kUpstreamBusy, "upstream_busy"},
    {ErrorCode::kHttpVersionNotSupported, "http_version_not_supported"},
    {ErrorCode::kOverloaded, "overloaded"},
    {ErrorCode::kEndedByAdministrator, "ended_by_administrator"},
    {ErrorCode::kAlreadyExists, "already_exists"},
    {ErrorCode::kRefused, "refused"},
    {ErrorCode::kStoreUnavailable, "store_unavailable"},
    {ErrorCode::kSystem, "system"},
    {ErrorCode::kInterrupted, "interrupted"},
    {ErrorCode::kInternal, "internal"},
}};
static_assert(is_in_order(kErrorNames));

constexpr std::array<std::string_view, kLanguages.size()> kCatalogues{kMessagesEn, kMessagesZhCn,
                                                                      kMessagesZhTw, kMessagesRuRu};

using Texts = std::map<std::string, std::string, std::less<>>;

// A text of several lines is a list of them in the file.
std::string text_of(const nlohmann::json& value) {
  if (!value.is_array()) return value.get<std::string>();
  std::string text;
  for (const auto& line : value) {
    if (!text.empty()) text += '\n';
    text += line.get<std::string>();
  }
  return text;
}

Catalogue parse_catalogue(Language language) {
  const auto file = nlohmann::json::parse(kCatalogues.at(static_cast<size_t>(language)));
  Catalogue catalogue;
  const auto read = [&](const char* section, Texts& texts) {
    for (const auto& [name, value] : file.at(section).items()) texts[name] = text_of(value);
  };
  read("messages", catalogue.messages);
  read("errors", catalogue.errors);
  read("admin_page", catalogue.admin_page);
  return catalogue;
}

template <Language language>
const Catalogue& kept_catalogue() {
  static const Catalogue catalogue = parse_catalogue(language);
  return catalogue;
}

// In one pass, so that a value which looks like a placeholder is only a value.
std::string filled(std::string_view text, std::initializer_list<MessageArgument> arguments) {
  std::string result;
  while (!text.empty()) {
    const size_t open = text.find('{');
    const size_t close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) break;
    result += text.substr(0, open);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    std::string_view value = text.substr(open, close - open + 1);
    for (const auto& argument : arguments) {
      if (argument.name == name) value = argument.value;
    }
    result += value;
    text.remove_prefix(close + 1);
  }
  result += text;
  return result;
}

// The sentence for what the error knows, or the one that fits every error of its code.
const std::string& sentence_of(const Error& error, const Texts& errors) {
  const std::string name(error_name(error.code));
  const auto find = [&](bool is_known, const char* suffix) {
    return is_known ? errors.find(name + suffix) : errors.end();
  };
  auto found = find(!error.subject.empty(), "_subject");
  if (found == errors.end()) found = find(error.retry_after_ms >= 0, "_seconds");
  if (found == errors.end()) found = find(!error.message.empty(), "_detail");
  return found == errors.end() ? errors.find(name)->second : found->second;
}

}  // namespace

std::string message(Language language, MessageId id,
                    std::initializer_list<MessageArgument> arguments) {
  const auto& messages = catalogue_of(language).messages;
  return filled(messages.find(message_name(id))->second, arguments);
}

std::string localized(const Error& error, Language language) {
  if (language == Language::kEn && !error.message.empty()) return error.message;
  const std::string seconds =
      std::to_string(std::max<int64_t>(1, (error.retry_after_ms + 999) / 1000));
  return filled(sentence_of(error, catalogue_of(language).errors),
                {{"subject", error.subject}, {"seconds", seconds}, {"detail", error.message}});
}

std::string_view message_name(MessageId id) {
  return kMessageNames.at(static_cast<size_t>(id)).name;
}

std::string_view error_name(ErrorCode code) {
  return kErrorNames.at(static_cast<size_t>(code)).name;
}

const Catalogue& catalogue_of(Language language) {
  switch (language) {
    case Language::kZhCn:
      return kept_catalogue<Language::kZhCn>();
    case Language::kZhTw:
      return kept_catalogue<Language::kZhTw>();
    case Language::kRuRu:
      return kept_catalogue<Language::kRuRu>();
    case Language::kEn:
      break;
  }
  return kept_catalogue<Language::kEn>();
}

}  // namespace chatgate
