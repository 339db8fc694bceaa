#include "tests/support/fake_responses.h"

#include <numeric>

namespace chatgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kCreated = 1'700'000'000;

Json usage_of(const FakeBehaviour& behaviour) {
  return {{"input_tokens", behaviour.prompt_tokens},
          {"input_tokens_details", {{"cached_tokens", behaviour.number("cached", 0)}}},
          {"output_tokens", behaviour.completion_tokens},
          {"output_tokens_details", {{"reasoning_tokens", behaviour.number("reasoning", 0)}}},
          {"total_tokens", behaviour.prompt_tokens + behaviour.completion_tokens}};
}

Json text_part(const std::string& text) {
  return {{"type", "output_text"}, {"text", text}, {"annotations", Json::array()}};
}

Json message_item(const std::string& status, const Json& content) {
  return {{"id", "msg_fake1"},
          {"type", "message"},
          {"status", status},
          {"role", "assistant"},
          {"content", content}};
}

Json response_of(const FakeTextRequest& request, const std::string& status, const Json& output) {
  const bool is_over = status == "completed" && !request.behaviour.has("no-usage");
  return {
      {"id", request.id},       {"object", "response"},
      {"created_at", kCreated}, {"status", status},
      {"error", nullptr},       {"model", request.model},
      {"output", output},       {"parallel_tool_calls", true},
      {"tool_choice", "auto"},  {"tools", Json::array()},
      {"store", true},          {"usage", is_over ? usage_of(request.behaviour) : Json(nullptr)}};
}

class EventWriter {
 public:
  void add(const std::string& type, Json fields) {
    Json event = {{"type", type}, {"sequence_number", events_.size()}};
    event.update(fields);
    events_.push_back("event: " + type + "\ndata: " + event.dump() + "\n\n");
  }
  std::vector<std::string> take() { return std::move(events_); }

 private:
  std::vector<std::string> events_;
};

// Where in the answer a piece of text belongs.
Json place(Json fields) {
  Json json = {{"item_id", "msg_fake1"}, {"output_index", 0}, {"content_index", 0}};
  json.update(fields);
  return json;
}

}  // namespace

FakeAnswer response_answer(const FakeTextRequest& request, bool streamed) {
  const std::vector<std::string> words = words_of(request.behaviour);
  const std::string text = std::accumulate(words.begin(), words.end(), std::string());
  const Json item = message_item("completed", Json::array({text_part(text)}));
  const Json whole = response_of(request, "completed", Json::array({item}));
  FakeAnswer answer;
  if (!streamed) {
    answer.body = whole.dump();
    return answer;
  }
  EventWriter events;
  const Json begun = response_of(request, "in_progress", Json::array());
  events.add("response.created", {{"response", begun}});
  events.add("response.in_progress", {{"response", begun}});
  events.add("response.output_item.added",
             {{"output_index", 0}, {"item", message_item("in_progress", Json::array())}});
  events.add("response.content_part.added", place({{"part", text_part("")}}));
  for (const std::string& word : words) {
    events.add("response.output_text.delta", place({{"delta", word}}));
  }
  events.add("response.output_text.done", place({{"text", text}}));
  events.add("response.content_part.done", place({{"part", text_part(text)}}));
  events.add("response.output_item.done", {{"output_index", 0}, {"item", item}});
  events.add("response.completed", {{"response", whole}});
  answer.content_type = "text/event-stream; charset=utf-8";
  answer.events = events.take();
  return answer;
}

}  // namespace chatgate
