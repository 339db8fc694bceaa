#include "tests/support/fake_chat.h"

#include <numeric>

namespace chatgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kCreated = 1'700'000'000;

Json usage_of(const FakeBehaviour& behaviour, int64_t completion_tokens) {
  return {{"prompt_tokens", behaviour.prompt_tokens},
          {"completion_tokens", completion_tokens},
          {"total_tokens", behaviour.prompt_tokens + completion_tokens},
          {"prompt_tokens_details",
           {{"cached_tokens", behaviour.number("cached", 0)},
            {"audio_tokens", behaviour.number("audio-in", 0)}}},
          {"completion_tokens_details",
           {{"reasoning_tokens", behaviour.number("reasoning", 0)},
            {"audio_tokens", behaviour.number("audio-out", 0)},
            {"accepted_prediction_tokens", 0},
            {"rejected_prediction_tokens", 0}}}};
}

std::string joined(const std::vector<std::string>& words) {
  return std::accumulate(words.begin(), words.end(), std::string());
}

// The call that a model makes which is given tools and has not yet seen a tool's answer.
bool calls_tool(const Json& body) {
  if (!body.contains("tools") || body["tools"].empty()) return false;
  const Json& messages = body["messages"];
  return messages.empty() || messages.back().value("role", "") != "tool";
}

Json tool_call(const Json& body, const std::string& arguments) {
  return {{"id", "call_fake1"},
          {"type", "function"},
          {"function", {{"name", body["tools"][0]["function"]["name"]}, {"arguments", arguments}}}};
}

class ChunkWriter {
 public:
  ChunkWriter(const FakeTextRequest& request, std::string object)
      : request_(request), object_(std::move(object)) {
    const Json& body = request.body;
    const Json options = body.value("stream_options", Json::object());
    includes_usage_ = options.is_object() && options.value("include_usage", false) &&
                      !request.behaviour.has("no-usage");
  }

  void add(const Json& choices, int64_t tokens_so_far) {
    const FakeBehaviour& behaviour = request_.behaviour;
    Json chunk = head();
    chunk["choices"] = choices;
    if (behaviour.has("usage-each")) {
      chunk["usage"] = usage_of(behaviour, tokens_so_far);
    } else if (includes_usage_ || behaviour.has("usage-null")) {
      chunk["usage"] = nullptr;
    }
    events_.push_back("data: " + chunk.dump() + "\n\n");
  }

  // The last chunk with choices, the one with the usage, and the end mark.
  std::vector<std::string> finish(const Json& choices) {
    const FakeBehaviour& behaviour = request_.behaviour;
    const Json usage = usage_of(behaviour, behaviour.completion_tokens);
    Json chunk = head();
    chunk["choices"] = choices;
    if (behaviour.has("usage-inside") || behaviour.has("usage-each")) {
      chunk["usage"] = usage;
    } else if (includes_usage_) {
      chunk["usage"] = nullptr;
    }
    events_.push_back("data: " + chunk.dump() + "\n\n");
    if (includes_usage_ && !behaviour.has("usage-inside")) {
      chunk = head();
      chunk["choices"] = Json::array();
      chunk["usage"] = usage;
      events_.push_back("data: " + chunk.dump() + "\n\n");
    }
    if (!behaviour.has("no-done")) events_.emplace_back("data: [DONE]\n\n");
    return std::move(events_);
  }

 private:
  Json head() const {
    return {{"id", request_.id},
            {"object", object_},
            {"created", kCreated},
            {"model", request_.model},
            {"system_fingerprint", "fp_fake"}};
  }

  const FakeTextRequest& request_;
  std::string object_;
  bool includes_usage_ = false;
  std::vector<std::string> events_;
};

Json delta(int index, const Json& content, const Json& finish_reason = nullptr) {
  return {{"index", index},
          {"delta", content},
          {"logprobs", nullptr},
          {"finish_reason", finish_reason}};
}

FakeAnswer streamed_chat(const FakeTextRequest& request, int choices) {
  ChunkWriter chunks(request, "chat.completion.chunk");
  const Json role = {{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}};
  for (int i = 0; i < choices; ++i) chunks.add(Json::array({delta(i, role)}), 0);
  std::string reason = "stop";
  int64_t tokens = 0;
  if (calls_tool(request.body)) {
    reason = "tool_calls";
    Json call = tool_call(request.body, "");
    call["index"] = 0;
    chunks.add(Json::array({delta(0, {{"tool_calls", Json::array({call})}})}), 1);
    for (const char* piece : {"{\"city\"", ":\"Par", "is\"}"}) {
      const Json part = {{"index", 0}, {"function", {{"arguments", piece}}}};
      chunks.add(Json::array({delta(0, {{"tool_calls", Json::array({part})}})}), ++tokens);
    }
  } else {
    for (const std::string& word : words_of(request.behaviour)) {
      for (int i = 0; i < choices; ++i) {
        chunks.add(Json::array({delta(i, {{"content", word}})}), ++tokens);
      }
    }
  }
  for (int i = 0; i + 1 < choices; ++i) {
    chunks.add(Json::array({delta(i, Json::object(), reason)}), tokens);
  }
  FakeAnswer answer;
  answer.content_type = "text/event-stream; charset=utf-8";
  answer.events = chunks.finish(Json::array({delta(choices - 1, Json::object(), reason)}));
  return answer;
}

}  // namespace

FakeAnswer chat_answer(const FakeTextRequest& request) {
  const int choices = request.body.value("n", 1);
  if (request.body.value("stream", false)) return streamed_chat(request, choices);
  Json list = Json::array();
  for (int i = 0; i < choices; ++i) {
    Json message = {{"role", "assistant"},
                    {"content", joined(words_of(request.behaviour))},
                    {"refusal", nullptr}};
    std::string reason = "stop";
    if (calls_tool(request.body)) {
      reason = "tool_calls";
      message["content"] = nullptr;
      message["tool_calls"] = Json::array({tool_call(request.body, "{\"city\":\"Paris\"}")});
    }
    list.push_back(
        {{"index", i}, {"message", message}, {"logprobs", nullptr}, {"finish_reason", reason}});
  }
  Json json = {{"id", request.id},
               {"object", "chat.completion"},
               {"created", kCreated},
               {"model", request.model},
               {"choices", list}};
  if (!request.behaviour.has("no-usage")) {
    json["usage"] = usage_of(request.behaviour, request.behaviour.completion_tokens);
  }
  json["system_fingerprint"] = "fp_fake";
  FakeAnswer answer;
  answer.body = json.dump();
  return answer;
}

FakeAnswer completion_answer(const FakeTextRequest& request) {
  const auto choice = [](const std::string& text, const Json& reason) {
    return Json::array(
        {{{"text", text}, {"index", 0}, {"logprobs", nullptr}, {"finish_reason", reason}}});
  };
  FakeAnswer answer;
  if (request.body.value("stream", false)) {
    ChunkWriter chunks(request, "text_completion");
    int64_t tokens = 0;
    for (const std::string& word : words_of(request.behaviour)) {
      chunks.add(choice(word, nullptr), ++tokens);
    }
    answer.content_type = "text/event-stream; charset=utf-8";
    answer.events = chunks.finish(choice("", "stop"));
    return answer;
  }
  Json json = {{"id", request.id},
               {"object", "text_completion"},
               {"created", kCreated},
               {"model", request.model},
               {"choices", choice(joined(words_of(request.behaviour)), "stop")}};
  if (!request.behaviour.has("no-usage")) {
    json["usage"] = usage_of(request.behaviour, request.behaviour.completion_tokens);
  }
  answer.body = json.dump();
  return answer;
}

}  // namespace chatgate
