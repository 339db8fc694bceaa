// POST /accounts of the door `web`: whoever holds the operations key makes accounts, tops them up,
// blocks them and looks at them, as a shop's program and the page /admin do. Counts are tokens, -1
// is unmetered. Closed where no key is configured.

#include <array>
#include <map>
#include <utility>

#include "common/messages/messages.h"
#include "server/doors/chat_request.h"
#include "server/doors/model_settings.h"
#include "server/doors/operator.h"
#include "server/guard/password_guard.h"
#include "server/json/json_object.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

// JSON's numbers are exact up to here wherever they are read (RFC 8259, 6).
constexpr int64_t kCountMax = (int64_t{1} << 53) - 1;
constexpr int64_t kUnmetered = -1;
// Shops' programs have used shorter passwords than the shell takes.
constexpr size_t kRegisterPasswordBytesMin = 4;

// An action with what it needs.
struct Order {
  const RouteParts& parts;
  const RoutedRequest& request;
  ordered_json object;

  Result<std::string> text(const char* name) const {
    auto value = text_member(object, name);
    if (value && value->empty()) {
      return fail(ErrorCode::kInvalidRequest, std::string(name) + " is missing or empty", name);
    }
    return value;
  }
  Result<int64_t> count(int64_t min) const {
    const auto value = integer_member(object, "count", min, kCountMax);
    if (!value) return tl::unexpected(value.error());
    if (!*value) return fail(ErrorCode::kInvalidRequest, "count is missing", "count");
    return **value;
  }
  Result<User> find_user() const {
    auto name = text("i_username");
    if (!name) return tl::unexpected(std::move(name.error()));
    Result<User> user;
    parts.reader.run([&](Store& store) { user = store.find_user(*name); });
    const bool is_unknown = !user && user.error().code == ErrorCode::kNotFound;
    if (!is_unknown && !(user && user->archived_at)) return user;
    return about(ErrorCode::kNotFound, MessageId::kUserUnknown, *name);
  }
  tl::unexpected<Error> about(ErrorCode code, MessageId id, const std::string& name) const {
    Error error{code, message(request.language(), id, {{"account", name}})};
    error.subject = name;
    return tl::unexpected(std::move(error));
  }
};

std::string success() { return R"({"status":"Success","message":"success"})"; }

Result<std::string> register_user(const Order& order) {
  auto name = order.text("i_username");
  if (!name) return tl::unexpected(std::move(name.error()));
  if (auto checked = check_user_name(*name); !checked) {
    return fail(ErrorCode::kInvalidRequest, "i_username: " + checked.error().message, "i_username");
  }
  auto password = order.text("i_password");
  if (!password) return tl::unexpected(std::move(password.error()));
  const auto count = order.count(kUnmetered);
  if (!count) return tl::unexpected(count.error());
  auto hash = order.parts.passwords.hash(*password, kRegisterPasswordBytesMin);
  if (!hash) return tl::unexpected(std::move(hash.error()));
  User user;
  user.name = *name;
  user.unit = {"tokens"};
  user.unmetered = *count == kUnmetered;
  user.password_hash = std::move(*hash);
  user.created_at = order.parts.clock.now();
  const Money opening{user.unmetered ? 0 : *count};
  auto added = order.parts.writer.administer(
      [&](Store& store) { return store.add_user(user, opening).map([](const User&) {}); });
  if (!added && added.error().code == ErrorCode::kAlreadyExists) {
    return order.about(ErrorCode::kAlreadyExists, MessageId::kNameTaken, *name);
  }
  if (!added) return tl::unexpected(std::move(added.error()));
  return success();
}

Result<std::string> recharge_user(const Order& order) {
  const auto user = order.find_user();
  if (!user) return tl::unexpected(user.error());
  const auto count = order.count(1);
  if (!count) return tl::unexpected(count.error());
  if (user->unmetered) {
    return fail(ErrorCode::kRefused, "the user " + user->name + " is not metered");
  }
  if (!user->unit.is_tokens()) {
    return fail(ErrorCode::kRefused, "the user " + user->name + " is counted in " +
                                         user->unit.code +
                                         ", not in tokens: use `chatgate user recharge`");
  }
  Credit credit;
  credit.user_id = user->id;
  credit.amount = {*count};
  credit.note = "by /accounts";
  credit.created_at = order.parts.clock.now();
  auto booked = order.parts.writer.administer(
      [&](Store& store) { return store.credit(credit).map([](const LedgerEntry&) {}); });
  if (!booked) return tl::unexpected(std::move(booked.error()));
  return success();
}

// The word is the original's: a count above 0 blocks.
Result<std::string> grant_user(const Order& order) {
  const auto user = order.find_user();
  if (!user) return tl::unexpected(user.error());
  const auto count = order.count(0);
  if (!count) return tl::unexpected(count.error());
  auto changed = order.parts.writer.administer(
      [&](Store& store) { return store.set_user_blocked(user->id, *count > 0); });
  if (!changed) return tl::unexpected(std::move(changed.error()));
  return success();
}

// The tokens that each account has used since its beginning; all accounts', or one's.
Result<std::map<std::string, int64_t>> find_usage(Store& store, Timestamp now,
                                                  std::optional<UserId> user) {
  UsageQuery query;
  query.until = {(day_of(now) + 2) * kMsPerDay};
  query.user = user;
  query.group_by = {UsageDimension::kUser};
  return store.summarize_usage(query).map([](const std::vector<UsageSummary>& summaries) {
    std::map<std::string, int64_t> tokens;
    for (const auto& summary : summaries) tokens[summary.user] += summary.usage.total();
    return tokens;
  });
}

// The balance as a JSON number, exactly as it is: it is put in by hand.
std::string balance_of(const User& user) {
  return user.unmetered ? std::to_string(kUnmetered) : format_money(user.balance, user.unit);
}

// Named where it is another one than the tokens that accounts made here are counted in.
std::string unit_of(const User& user) {
  return user.unit.is_tokens() ? "" : ",\"Unit\":" + json_string(user.unit.code);
}

std::string row_of(const User& user, int64_t usage) {
  const auto settings = read_model_settings(user.model_settings);
  const std::string model = settings == ModelSettings{} ? "" : model_settings_words(settings);
  return "{\"ID\":" + std::to_string(user.id.value) + ",\"Username\":" + json_string(user.name) +
         ",\"Balance\":" + balance_of(user) + unit_of(user) +
         ",\"Usage\":" + std::to_string(usage) + ",\"Model\":" + json_string(model) +
         ",\"Isblock\":" + (user.blocked ? "true" : "false") + "}";
}

int64_t usage_of(const User& user, const std::map<std::string, int64_t>& tokens) {
  const auto found = tokens.find(user.name);
  return found == tokens.end() ? 0 : found->second;
}

Result<std::string> check_user(const Order& order) {
  const auto user = order.find_user();
  if (!user) return tl::unexpected(user.error());
  Result<std::map<std::string, int64_t>> tokens;
  order.parts.reader.run(
      [&](Store& store) { tokens = find_usage(store, order.parts.clock.now(), user->id); });
  if (!tokens) return tl::unexpected(tokens.error());
  const int64_t usage = usage_of(*user, *tokens);
  return R"({"status":"Success","message":"success","balance":)" + balance_of(*user) +
         ",\"usage\":" + std::to_string(usage) + ",\"data\":" + row_of(*user, usage) + "}";
}

Result<std::string> rows_of_all(Store& store, Timestamp now) {
  const auto users = store.list_users();
  if (!users) return tl::unexpected(users.error());
  const auto tokens = find_usage(store, now, std::nullopt);
  if (!tokens) return tl::unexpected(tokens.error());
  std::string rows;
  for (const auto& user : *users) {
    if (user.archived_at) continue;
    if (!rows.empty()) rows += ',';
    rows += row_of(user, usage_of(user, *tokens));
  }
  return rows;
}

// Put together on the reader's thread, for there may be very many.
Result<std::string> list_users(const Order& order) {
  Result<std::string> rows;
  order.parts.reader.run([&](Store& store) { rows = rows_of_all(store, order.parts.clock.now()); });
  if (!rows) return rows;
  return R"({"status":"Success","message":"success","data":[)" + *rows + "]}";
}

Result<std::string> carry_out(const Order& order) {
  constexpr std::array<std::pair<std::string_view, Result<std::string> (*)(const Order&)>, 5>
      kActions{{{"register", register_user},
                {"recharge", recharge_user},
                {"check", check_user},
                {"grant", grant_user},
                {"list", list_users}}};
  const auto action = order.text("action");
  if (!action) return tl::unexpected(action.error());
  for (const auto& [name, run] : kActions) {
    if (name == *action) return run(order);
  }
  return fail(ErrorCode::kInvalidRequest,
              "action is none of: register, recharge, check, grant, list", "action");
}

Result<std::string> answer_order(const RouteParts& parts, const RoutedRequest& request) {
  if (request.config().ops_key.empty()) {
    return fail(ErrorCode::kNotFound, message(request.language(), MessageId::kNotFound));
  }
  if (auto checked = check_order(parts, request); !checked) {
    return tl::unexpected(std::move(checked.error()));
  }
  auto object = read_object(request);
  if (!object) return tl::unexpected(std::move(object.error()));
  return carry_out({parts, request, std::move(*object)});
}

}  // namespace

void answer_accounts(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request, "POST")) return;
  auto answer = answer_order(parts, request);
  if (!answer) return answer_error(request, answer.error());
  answer_json(request.exchange, std::move(*answer));
}

}  // namespace chatgate
