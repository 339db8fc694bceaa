#include "server/doors/web_commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/messages/messages.h"
#include "common/text/quantity.h"
#include "server/doors/model_settings.h"

namespace chatgate {
namespace {

using Name = WebCommand::Name;

constexpr size_t kNewPasswordBytesMin = 6;
constexpr size_t kNewPasswordBytesMax = 1024;
// Nobody shall pass for the administrator.
constexpr std::string_view kReservedName = "admin";

constexpr std::array<std::pair<std::string_view, Name>, 5> kCommands{{{"/help", Name::kHelp},
                                                                      {"/me", Name::kMe},
                                                                      {"/model", Name::kModel},
                                                                      {"/user", Name::kUser},
                                                                      {"/login", Name::kLogin}}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_letter_or_digit(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

// One command on its way.
struct Run {
  const RouteParts& parts;
  const RoutedRequest& request;
  const Visitor& visitor;
  Language language;

  std::string say(MessageId id, std::initializer_list<MessageArgument> arguments = {}) const {
    return message(language, id, arguments);
  }
  const Config& config() const { return request.config(); }

  Result<User> find_user() const {
    Result<User> user;
    parts.reader.run([&](Store& store) { user = store.find_user(visitor.principal.user_id); });
    return user;
  }
};

std::string hundredths(const Run& run, std::optional<int64_t> value,
                       const std::string& configured) {
  if (!value) return configured.empty() ? run.say(MessageId::kSettingDefault) : configured;
  const int64_t size = *value < 0 ? -*value : *value;
  std::string text = (*value < 0 ? "-" : "") + std::to_string(size / 100) + ".";
  text += std::to_string(100 + size % 100).substr(1);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

Result<std::string> tell_account(const Run& run) {
  const auto user = run.find_user();
  if (!user) return tl::unexpected(user.error());
  const auto settings = read_model_settings(user->model_settings);
  const auto& config = run.config();
  const std::string balance = format_money(user->balance, user->unit) + " " + user->unit.code;
  const std::string max_tokens =
      std::to_string(settings.max_tokens.value_or(config.context_tokens));
  return run.say(MessageId::kMeAccount, {{"account", user->name}}) + "\n" +
         (user->unmetered ? run.say(MessageId::kMeUnmetered)
                          : run.say(MessageId::kMeBalance, {{"balance", balance}})) +
         "\n" +
         run.say(
             MessageId::kMeSettings,
             {{"model", settings.model.empty() ? config.default_model : settings.model},
              {"temperature", hundredths(run, settings.temperature, config.default_temperature)},
              {"presence",
               hundredths(run, settings.presence_penalty, config.default_presence_penalty)},
              {"frequency",
               hundredths(run, settings.frequency_penalty, config.default_frequency_penalty)},
              {"max_tokens", max_tokens}});
}

Result<std::string> change_model(const Run& run, std::string_view argument) {
  const auto user = run.find_user();
  if (!user) return tl::unexpected(user.error());
  const auto changed = change_model_settings(read_model_settings(user->model_settings), argument);
  const auto& config = run.config();
  if (!changed || (changed->max_tokens && *changed->max_tokens <= config.min_response_tokens)) {
    return run.say(MessageId::kModelInvalid);
  }
  if (!changed->model.empty()) {
    const auto price = run.parts.directory.find_price(changed->model, run.visitor.principal.unit,
                                                      config.exchange_rates);
    if (!price) return localized(price.error(), run.language);
  }
  auto written = run.parts.writer.administer([&](Store& store) {
    return store.set_model_settings(user->id, write_model_settings(*changed));
  });
  if (!written) return tl::unexpected(std::move(written.error()));
  return run.say(MessageId::kModelChanged);
}

// A token is not its account: whoever has one must not make himself the account's owner with it.
bool may_change_login(const Run& run, const User& user) {
  const auto& config = run.config();
  return run.visitor.has_password && !config.static_users.contains(user.name) &&
         user.name != config.guest_account;
}

Result<std::string> change_login(const Run& run, std::string_view argument) {
  const auto wanted = parse_new_login(argument);
  if (!wanted) return run.say(MessageId::kUserInvalid);
  const auto user = run.find_user();
  if (!user) return tl::unexpected(user.error());
  if (!may_change_login(run, *user)) return run.say(MessageId::kUserRefused);
  const std::string name(wanted->name);
  const auto taken = [&] { return run.say(MessageId::kNameTaken, {{"account", name}}); };
  if (name == kReservedName || name == run.config().guest_account) return taken();
  auto hash = run.parts.passwords.hash(wanted->password, kNewPasswordBytesMin);
  if (!hash) return tl::unexpected(std::move(hash.error()));
  auto changed = run.parts.writer.administer(
      [&](Store& store) { return store.set_login(user->id, name, *hash); });
  if (!changed && changed.error().code == ErrorCode::kAlreadyExists) return taken();
  if (!changed) return tl::unexpected(std::move(changed.error()));
  return run.say(MessageId::kUserChanged, {{"account", name}});
}

}  // namespace

std::optional<WebCommand> parse_web_command(std::string_view prompt) {
  prompt = trim(prompt);
  const size_t end = std::min(prompt.find_first_of(" \t\r\n"), prompt.size());
  for (const auto& [word, name] : kCommands) {
    if (prompt.substr(0, end) == word) return WebCommand{name, trim(prompt.substr(end))};
  }
  return std::nullopt;
}

std::optional<NewLogin> parse_new_login(std::string_view argument) {
  const size_t colon = argument.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const NewLogin login{argument.substr(0, colon), argument.substr(colon + 1)};
  const bool is_name = login.name.size() >= 4 && login.name.size() <= 12 &&
                       is_letter(login.name.front()) &&
                       std::ranges::all_of(login.name, is_letter_or_digit);
  const bool is_password =
      login.password.size() >= kNewPasswordBytesMin &&
      login.password.size() <= kNewPasswordBytesMax &&
      std::ranges::all_of(login.password, [](unsigned char c) { return c > ' ' && c != 0x7f; });
  return is_name && is_password ? std::optional(login) : std::nullopt;
}

Result<std::string> run_web_command(const RouteParts& parts, const RoutedRequest& request,
                                    const Visitor& visitor, const WebCommand& command) {
  const Run run{parts, request, visitor, request.language()};
  const auto& link = request.config().ops_link;
  switch (command.name) {
    case Name::kHelp:
      return run.say(MessageId::kHelp);
    case Name::kMe:
      return tell_account(run);
    case Name::kModel:
      return change_model(run, command.argument);
    case Name::kUser:
      return change_login(run, command.argument);
    case Name::kLogin:
      break;
  }
  return link.empty() ? run.say(MessageId::kLoginHint)
                      : run.say(MessageId::kLoginHintLink, {{"link", link}});
}

}  // namespace chatgate
