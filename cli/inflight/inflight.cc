#include "cli/inflight/inflight.h"

#include <unordered_map>

#include "common/control/control_client.h"

namespace chatgate {
namespace {

// "850ms", "12s", "3m05s", "2h10m": for people.
std::string elapsed_text(int64_t ms) {
  const auto two_digits = [](int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  const int64_t seconds = ms / 1000;
  if (seconds < 1) return std::to_string(ms) + "ms";
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m" + two_digits(seconds % 60) + "s";
  return std::to_string(seconds / 3600) + "h" + two_digits(seconds / 60 % 60) + "m";
}

Cell elapsed_cell(int64_t ms) {
  Cell cell = number_cell(ms);
  cell.text = elapsed_text(ms);
  return cell;
}

// What the books call an account and a token; a dash or nothing for what they do not know.
class Names {
 public:
  static Result<Names> read(Store& store, const std::vector<RunningRequest>& requests) {
    Names names;
    auto users = store.list_users();
    if (!users) return tl::unexpected(std::move(users.error()));
    for (auto& user : *users) names.users_.emplace(user.id, std::move(user));
    for (const auto& request : requests) {
      if (names.prefixes_.contains(request.token_id)) continue;
      const auto token = store.find_token(std::to_string(request.token_id.value));
      if (!token && token.error().code != ErrorCode::kNotFound) {
        return tl::unexpected(token.error());
      }
      names.prefixes_.emplace(request.token_id, token ? token->prefix : std::string());
    }
    return names;
  }

  std::vector<Cell> row_of(const RunningRequest& request) const {
    const auto user = users_.find(request.user_id);
    const bool is_known = user != users_.end();
    return {text_cell(format_request_id(request.id)),
            is_known ? text_cell(user->second.name) : empty_cell(),
            number_cell(request.token_id.value),
            text_cell(prefixes_.at(request.token_id)),
            text_cell(request.model),
            text_cell(request.endpoint),
            text_cell(request.upstream),
            text_cell(request.state),
            time_cell(request.started_at()),
            elapsed_cell(request.elapsed_ms),
            number_cell(request.answer_bytes),
            is_known ? money_cell(request.hold, user->second.unit) : empty_cell(),
            is_known ? text_cell(user->second.unit.code) : empty_cell()};
  }

 private:
  std::unordered_map<UserId, User> users_;
  std::unordered_map<TokenId, std::string> prefixes_;
};

}  // namespace

Result<Table> ask_for_running(const ControlRequest& request, Context& context) {
  const auto config = context.admin_config();
  if (!config) return tl::unexpected(config.error());
  const auto store = open_store(config->db, OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto running = ask_gateway(config->db, request);
  if (!running) return tl::unexpected(running.error());
  const auto names = Names::read(**store, *running);
  if (!names) return tl::unexpected(names.error());
  Table table{{{"id", "ID"},
               {"user", "USER", false, Weight::kKey},
               {"token_id", ""},
               {"token", ""},
               {"model", "MODEL", false, Weight::kKey},
               {"endpoint", ""},
               {"upstream", ""},
               {"state", "STATE", false, Weight::kKey},
               {"started_at", ""},
               {"elapsed_ms", "ELAPSED", true},
               {"answer_bytes", "BYTES", true, Weight::kDetail},
               {"hold", "HOLD", true, Weight::kMoney},
               {"unit", "UNIT", false, Weight::kUnit}},
              {}};
  for (const auto& each : *running) table.rows.push_back(names->row_of(each));
  return table;
}

}  // namespace chatgate
