#include "common/control/control_protocol.h"

#include <nlohmann/json.hpp>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view kList = "list";
constexpr std::string_view kKill = "kill";
constexpr std::string_view kTakeover = "takeover";

std::string line_of(const json& object) {
  // What clients send must not break a line's encoding.
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

// An object, or null.
json parse_object(std::string_view line) {
  auto value = json::parse(line, nullptr, false);
  return value.is_object() ? value : json();
}

std::string text_at(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool read_number(const json& object, const char* name, int64_t& number) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return false;
  number = found->get<int64_t>();
  return true;
}

Error error_at(const json& object) {
  const auto found = object.find("error");
  const json error = found != object.end() && found->is_object() ? *found : json::object();
  const bool is_unknown = text_at(error, "code") == traits_of(ErrorCode::kNotFound).code;
  const std::string message = text_at(error, "message");
  if (message.empty()) {
    return {ErrorCode::kSystem,
            "the gateway's answer is not understood: it may be of another version"};
  }
  return {is_unknown ? ErrorCode::kNotFound : ErrorCode::kSystem, message};
}

}  // namespace

std::string format_control_request(const ControlRequest& request) {
  if (request.verb == ControlRequest::Verb::kList) return line_of({{"verb", kList}});
  if (request.verb == ControlRequest::Verb::kTakeover) {
    return line_of({{"verb", kTakeover}, {"protocol", request.protocol}});
  }
  return line_of({{"verb", kKill}, {"id", format_request_id(request.id)}});
}

Result<ControlRequest> parse_control_request(std::string_view line) {
  const json object = parse_object(line);
  const std::string verb = text_at(object, "verb");
  if (verb == kList) return ControlRequest{};
  if (verb == kTakeover) {
    ControlRequest request{.verb = ControlRequest::Verb::kTakeover};
    if (read_number(object, "protocol", request.protocol)) return request;
  }
  if (verb != kKill) {
    return fail(ErrorCode::kInvalidRequest,
                R"(not understood: send {"verb":"list"} or {"verb":"kill","id":"req_..."})");
  }
  const std::string id = text_at(object, "id");
  const auto known = parse_request_id(id);
  if (!known) return fail(ErrorCode::kInvalidRequest, quote(id) + " is not a request's id");
  return ControlRequest{.verb = ControlRequest::Verb::kKill, .id = *known};
}

std::string format_control_line(const RunningRequest& request) {
  return line_of({{"id", format_request_id(request.id)},
                  {"user_id", request.user_id.value},
                  {"token_id", request.token_id.value},
                  {"model", request.model},
                  {"endpoint", request.endpoint},
                  {"upstream", request.upstream},
                  {"state", request.state},
                  {"elapsed_ms", request.elapsed_ms},
                  {"answer_bytes", request.answer_bytes},
                  {"hold", request.hold.nanos}});
}

std::string format_control_done() { return line_of({{"done", true}}); }

std::string format_control_error(const Error& error) {
  return line_of({{"error", {{"code", traits_of(error.code).code}, {"message", error.message}}}});
}

Result<std::optional<RunningRequest>> parse_control_line(std::string_view line) {
  const json object = parse_object(line);
  const auto done = object.find("done");
  if (done != object.end() && *done == true) return std::optional<RunningRequest>();
  RunningRequest request;
  const auto id = parse_request_id(text_at(object, "id"));
  const bool is_request = id && read_number(object, "user_id", request.user_id.value) &&
                          read_number(object, "token_id", request.token_id.value) &&
                          read_number(object, "elapsed_ms", request.elapsed_ms) &&
                          read_number(object, "answer_bytes", request.answer_bytes) &&
                          read_number(object, "hold", request.hold.nanos);
  if (!is_request) return tl::unexpected(error_at(object));
  request.id = *id;
  request.model = text_at(object, "model");
  request.endpoint = text_at(object, "endpoint");
  request.upstream = text_at(object, "upstream");
  request.state = text_at(object, "state");
  return std::optional(std::move(request));
}

}  // namespace chatgate
