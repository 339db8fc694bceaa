#include "server/takeover/link_message.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace chatgate {
namespace {

using json = nlohmann::ordered_json;
using Kind = LinkMessage::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 16> kKinds{{
    {Kind::kOffer, "offer"},
    {Kind::kReady, "ready"},
    {Kind::kHolds, "holds"},
    {Kind::kCharged, "charged"},
    {Kind::kState, "state"},
    {Kind::kAccepted, "accepted"},
    {Kind::kGo, "go"},
    {Kind::kAbort, "abort"},
    {Kind::kReserve, "reserve"},
    {Kind::kCouldReserve, "could_reserve"},
    {Kind::kAvailable, "available"},
    {Kind::kFix, "fix"},
    {Kind::kAnswer, "answer"},
    {Kind::kEnded, "ended"},
    {Kind::kStop, "stop"},
    {Kind::kBye, "bye"},
}};

// The errors that a ledger has, and that tell one refusal from another.
constexpr std::array<std::pair<ErrorCode, std::string_view>, 3> kErrors{{
    {ErrorCode::kInsufficientQuota, "insufficient_quota"},
    {ErrorCode::kNotFound, "not_found"},
    {ErrorCode::kRefused, "refused"},
}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
  const auto found = std::ranges::find(table, value, &Table::value_type::first);
  return found == table.end() ? std::string_view() : found->second;
}

bool is_question(Kind kind) {
  return kind == Kind::kReserve || kind == Kind::kCouldReserve || kind == Kind::kAvailable ||
         kind == Kind::kFix;
}

json array_of(const Hold& hold) {
  return json::array({hold.request_id.value, hold.user_id.value, hold.amount.nanos});
}

void put_error(const Error& error, json& object) {
  object["error"] = {{"code", name_in(kErrors, error.code)},
                     {"message", error.message},
                     {"final", error.should_not_retry}};
}

// Reads what a message must have; one that lacks anything is no message.
class Reader {
 public:
  explicit Reader(const json& object) : object_(object) {}

  bool is_good() const { return is_good_; }

  int64_t number(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end()) return bad<int64_t>();
    return integer(*found);
  }
  std::string text(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>()
                                                       : bad<std::string>();
  }
  std::string text(const char* name) { return text(object_, name); }
  bool boolean(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_boolean() ? found->get<bool>() : bad<bool>();
  }
  const json& list(const char* name) {
    static const json kEmpty = json::array();
    const auto found = object_.find(name);
    if (found != object_.end() && found->is_array() && found->size() <= kLinkListMax) return *found;
    is_good_ = false;
    return kEmpty;
  }
  int64_t integer(const json& value) {
    return value.is_number_integer() && !is_too_large(value) ? value.get<int64_t>()
                                                             : bad<int64_t>();
  }
  // `is_whole`: a hold as it stands in a list; a question may name an account alone.
  Hold hold(const json& value, bool is_whole = true) {
    if (!value.is_array() || value.size() != 3) return bad<Hold>();
    const Hold hold{{integer(value[0])}, {integer(value[1])}, {integer(value[2])}};
    const bool has_id = hold.request_id.value > 0 || (!is_whole && hold.request_id.value == 0);
    if (!has_id || hold.user_id.value <= 0) return bad<Hold>();
    return hold;
  }
  void refuse() { is_good_ = false; }

 private:
  template <class T>
  T bad() {
    is_good_ = false;
    return T{};
  }
  static bool is_too_large(const json& value) {
    return value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX};
  }

  const json& object_;
  bool is_good_ = true;
};

void read_lists(Reader& reader, LinkMessage& message) {
  switch (message.kind) {
    case Kind::kOffer:
      message.lane = reader.number("lane");
      if (message.lane < 0 || message.lane >= kRequestLanes) reader.refuse();
      for (const auto& socket : reader.list("sockets")) {
        if (!socket.is_object()) return reader.refuse();
        message.sockets.push_back({reader.text(socket, "name"), reader.text(socket, "configured"),
                                   reader.text(socket, "bound"),
                                   reader.boolean(socket, "is_activated")});
      }
      break;
    case Kind::kReady:
      for (const auto& name : reader.list("names")) {
        if (!name.is_string()) return reader.refuse();
        message.names.push_back(name.get<std::string>());
      }
      break;
    case Kind::kHolds:
    case Kind::kEnded:
      for (const auto& hold : reader.list("holds")) {
        message.holds.push_back(reader.hold(hold));
        if (message.holds.back().amount.is_negative()) reader.refuse();
      }
      break;
    case Kind::kCharged:
      for (const auto& user : reader.list("users")) message.users.push_back({reader.integer(user)});
      break;
    default:
      break;
  }
}

std::optional<Error> read_error(Reader& reader, const json& object) {
  const auto found = object.find("error");
  if (found == object.end()) return std::nullopt;
  if (!found->is_object()) {
    reader.refuse();
    return std::nullopt;
  }
  Error error;
  const std::string code = reader.text(*found, "code");
  const auto known =
      std::ranges::find(kErrors, std::string_view(code), &decltype(kErrors)::value_type::second);
  error.code = known == kErrors.end() ? ErrorCode::kOverloaded : known->first;
  error.message = reader.text(*found, "message");
  error.should_not_retry = reader.boolean(*found, "final");
  return error;
}

}  // namespace

std::string format_link_message(const LinkMessage& message) {
  json object{{"say", name_in(kKinds, message.kind)}};
  switch (message.kind) {
    case Kind::kOffer:
      object["lane"] = message.lane;
      object["sockets"] = json::array();
      for (const auto& socket : message.sockets) {
        object["sockets"].push_back({{"name", socket.name},
                                     {"configured", socket.configured},
                                     {"bound", socket.bound},
                                     {"is_activated", socket.is_activated}});
      }
      break;
    case Kind::kReady:
      object["names"] = message.names;
      break;
    case Kind::kHolds:
    case Kind::kEnded:
      object["holds"] = json::array();
      for (const auto& hold : message.holds) object["holds"].push_back(array_of(hold));
      break;
    case Kind::kCharged:
      object["users"] = json::array();
      for (const auto user : message.users) object["users"].push_back(user.value);
      break;
    case Kind::kState:
      object["last_id"] = message.last_id.value;
      break;
    case Kind::kAbort:
      object["reason"] = message.reason;
      break;
    default:
      break;
  }
  if (is_question(message.kind) || message.kind == Kind::kAnswer) {
    object["number"] = message.number;
    object["hold"] = array_of(message.hold);
  }
  if (message.error) put_error(*message.error, object);
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<LinkMessage> parse_link_message(std::string_view line) {
  const json object = json::parse(line, nullptr, false);
  const auto refuse = [] {
    return fail(ErrorCode::kInvalidRequest, "the other process says what is not understood");
  };
  if (!object.is_object()) return refuse();
  Reader reader(object);
  const std::string name = reader.text("say");
  const auto known =
      std::ranges::find(kKinds, std::string_view(name), &decltype(kKinds)::value_type::second);
  if (known == kKinds.end()) return refuse();
  LinkMessage message{.kind = known->first};
  read_lists(reader, message);
  if (message.kind == Kind::kState) message.last_id = {reader.number("last_id")};
  if (message.kind == Kind::kAbort) message.reason = reader.text("reason");
  if (is_question(message.kind) || message.kind == Kind::kAnswer) {
    message.number = reader.number("number");
    const auto hold = object.find("hold");
    if (hold == object.end()) return refuse();
    message.hold =
        reader.hold(*hold, message.kind != Kind::kAvailable && message.kind != Kind::kAnswer);
    if (is_question(message.kind) && message.hold.amount.is_negative()) return refuse();
  }
  if (message.kind == Kind::kAnswer) message.error = read_error(reader, object);
  if (!reader.is_good()) return refuse();
  return message;
}

}  // namespace chatgate
