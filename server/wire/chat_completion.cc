#include "server/wire/chat_completion.h"

#include <nlohmann/json.hpp>

namespace chatgate {
namespace {

using nlohmann::json;

json parse(std::string_view text) { return json::parse(text, nullptr, false); }

// The member's text; empty when it is absent or something else.
std::string text_of(const json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// The member's object; an empty one when it is absent or something else.
const json& object_of(const json& object, const char* name) {
  static const json kNone = json::object();
  const auto member = object.find(name);
  return member != object.end() && member->is_object() ? *member : kNone;
}

const json* first_choice(const json& answer) {
  if (!answer.is_object()) return nullptr;
  const auto choices = answer.find("choices");
  if (choices == answer.end() || !choices->is_array()) return nullptr;
  for (const auto& choice : *choices) {
    const bool is_other = choice.is_object() && choice.value("index", json(0)) != 0;
    if (choice.is_object() && !is_other) return &choice;
  }
  return nullptr;
}

std::string said_in(const json& message) {
  return text_of(message, "content") + text_of(message, "refusal");
}

void note_names(const json& answer, ChatCompletion& completion) {
  if (completion.id.empty()) completion.id = text_of(answer, "id");
  if (completion.model.empty()) completion.model = text_of(answer, "model");
}

}  // namespace

Result<ChatCompletion> read_chat_completion(std::string_view text) {
  const json answer = parse(text);
  const json* choice = first_choice(answer);
  if (choice == nullptr || !choice->contains("message")) {
    return fail(ErrorCode::kUpstreamBroken, "the upstream server's answer is no chat completion");
  }
  ChatCompletion completion;
  note_names(answer, completion);
  completion.text = said_in(object_of(*choice, "message"));
  completion.finish_reason = text_of(*choice, "finish_reason");
  return completion;
}

std::optional<std::string> add_chat_chunk(std::string_view text, ChatCompletion& completion) {
  const json chunk = parse(text);
  if (!chunk.is_object() || !chunk.contains("choices")) return std::nullopt;
  note_names(chunk, completion);
  const json* choice = first_choice(chunk);
  if (choice == nullptr) return std::string();
  std::string delta = said_in(object_of(*choice, "delta"));
  completion.text += delta;
  if (auto reason = text_of(*choice, "finish_reason"); !reason.empty()) {
    completion.finish_reason = std::move(reason);
  }
  return delta;
}

Error error_of_upstream(int status, std::string_view body, bool has_own_key) {
  const json answer = parse(body);
  std::string message;
  if (answer.is_object()) message = text_of(object_of(answer, "error"), "message");
  const bool is_about_key = status == 401 || status == 403;
  if (is_about_key && has_own_key) {
    return {ErrorCode::kInvalidToken, "the upstream server refuses this API key"};
  }
  if (is_about_key) {
    return {ErrorCode::kUpstreamBroken,
            "the upstream server refuses the gateway's key; ask the administrator"};
  }
  if (status == 429) {
    return {ErrorCode::kUpstreamBusy, "the upstream server is busy; try again in a moment"};
  }
  if (status >= 500 || message.empty()) {
    return {ErrorCode::kUpstreamBroken,
            "the upstream server failed with status " + std::to_string(status)};
  }
  return {ErrorCode::kInvalidRequest, message};
}

}  // namespace chatgate
