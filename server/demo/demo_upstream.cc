#include "server/demo/demo_upstream.h"

#include <array>
#include <nlohmann/json.hpp>

#include "common/clock.h"
#include "server/transport/coroutine.h"
#include "server/wire/request_body.h"

namespace chatgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kSlowWordMs = 400;
constexpr size_t kCutAfterWords = 5;
constexpr size_t kEmbeddingDimensions = 16;

struct DemoModel {
  std::string_view name;
  std::string_view input_price;  // USD for a million tokens
  std::string_view output_price;
};
constexpr std::array kModels{
    DemoModel{"demo", "0.15", "0.60"},           DemoModel{"demo-slow", "0.15", "0.60"},
    DemoModel{"demo-error-429", "0.15", "0.60"}, DemoModel{"demo-error-500", "0.15", "0.60"},
    DemoModel{"demo-cut", "0.15", "0.60"},       DemoModel{"demo-embedding", "0.02", "0"},
};

void answer_json(HttpExchange& exchange, int status, const Json& body) {
  exchange.answer(status, {{"content-type", "application/json"}},
                  body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void answer_error(HttpExchange& exchange, int status, const char* type,
                  const std::string& message) {
  answer_json(
      exchange, status,
      {{"error", {{"message", message}, {"type", type}, {"param", nullptr}, {"code", nullptr}}}});
}

// About as many as a tokenizer would count.
int64_t count_tokens(std::string_view text) { return static_cast<int64_t>(text.size() + 3) / 4; }

std::string text_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return text;
  for (const auto& part : content) {
    if (part.is_object() && part.contains("text") && part["text"].is_string()) {
      text += part["text"].get<std::string>();
    }
  }
  return text;
}

struct Question {
  std::string text;
  int64_t tokens = 0;
};

Question question_of(const Json& request, const char* member) {
  Question question;
  if (!request.contains(member)) return question;
  const auto& list = request[member];
  if (list.is_string()) question.text = list.get<std::string>();
  question.tokens = count_tokens(question.text);
  if (!list.is_array()) return question;
  for (const auto& message : list) {
    if (!message.is_object() || !message.contains("content")) continue;
    question.text = text_of(message["content"]);
    question.tokens += 4 + count_tokens(question.text);
  }
  return question;
}

std::vector<std::string> words_of_answer(const Question& question) {
  const std::string text = "Hello from chatgate's built-in demo model. You asked: \"" +
                           question.text.substr(0, 200) +
                           "\" Configure a real upstream with OPENAI_API_KEY to get real answers.";
  std::vector<std::string> words;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(' ', begin + 1), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += word;
  return text;
}

void pause(int64_t ms) {
  Event never;
  if (ms > 0) never.wait(ms);
}

struct Answer {
  std::string model;
  std::string id;
  int64_t created = 0;
  std::vector<std::string> words;
  int64_t prompt_tokens = 0;
  bool includes_usage = false;
  int64_t completion_tokens() const { return static_cast<int64_t>(words.size()); }
  int64_t word_ms() const { return model == "demo-slow" ? kSlowWordMs : model == "demo" ? 1 : 0; }
  bool is_cut() const { return model == "demo-cut"; }
};

Json chat_usage(const Answer& answer) {
  return {{"prompt_tokens", answer.prompt_tokens},
          {"completion_tokens", answer.completion_tokens()},
          {"total_tokens", answer.prompt_tokens + answer.completion_tokens()},
          {"prompt_tokens_details", {{"cached_tokens", 0}}},
          {"completion_tokens_details", {{"reasoning_tokens", 0}}}};
}

Json chat_chunk(const Answer& answer, Json delta, Json finish_reason) {
  Json chunk{
      {"id", answer.id},
      {"object", "chat.completion.chunk"},
      {"created", answer.created},
      {"model", answer.model},
      {"choices",
       {{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish_reason)}}}}};
  if (answer.includes_usage) chunk["usage"] = nullptr;
  return chunk;
}

bool send_event(BodySink& sink, const std::string& data, std::string_view event = {}) {
  std::string text = event.empty() ? "" : "event: " + std::string(event) + "\n";
  return sink.write(text + "data: " + data + "\n\n") && sink.flush();
}

bool stream_chat(const Answer& answer, BodySink& sink) {
  if (!send_event(sink,
                  chat_chunk(answer, {{"role", "assistant"}, {"content", ""}}, nullptr).dump()))
    return false;
  size_t sent = 0;
  for (const auto& word : answer.words) {
    if (answer.is_cut() && sent++ == kCutAfterWords) return false;
    pause(answer.word_ms());
    if (!send_event(sink, chat_chunk(answer, {{"content", word}}, nullptr).dump())) return false;
  }
  send_event(sink, chat_chunk(answer, Json::object(), "stop").dump());
  if (answer.includes_usage) {
    auto chunk = chat_chunk(answer, {}, nullptr);
    chunk["choices"] = Json::array();
    chunk["usage"] = chat_usage(answer);
    send_event(sink, chunk.dump());
  }
  return send_event(sink, "[DONE]");
}

void answer_chat(HttpExchange& exchange, const Json& request, Answer answer) {
  answer.id = "chatcmpl-" + answer.id;
  if (!request.value("stream", false)) {
    pause(answer.word_ms() > 1 ? answer.word_ms() * answer.completion_tokens() / 4 : 0);
    return answer_json(exchange, 200,
                       {{"id", answer.id},
                        {"object", "chat.completion"},
                        {"created", answer.created},
                        {"model", answer.model},
                        {"choices",
                         {{{"index", 0},
                           {"message", {{"role", "assistant"}, {"content", joined(answer.words)}}},
                           {"finish_reason", "stop"}}}},
                        {"usage", chat_usage(answer)}});
  }
  if (request.contains("stream_options") && request["stream_options"].is_object()) {
    answer.includes_usage = request["stream_options"].value("include_usage", false);
  }
  exchange.stream(200, {{"content-type", "text/event-stream"}, {"cache-control", "no-cache"}}, -1,
                  [answer](BodySink& sink) { return stream_chat(answer, sink); });
}

Json response_object(const Answer& answer, const char* status) {
  Json response{{"id", answer.id},       {"object", "response"}, {"created_at", answer.created},
                {"model", answer.model}, {"status", status},     {"output", Json::array()},
                {"usage", nullptr}};
  if (std::string_view(status) != "completed") return response;
  response["output"] = {{{"id", "msg_" + answer.id},
                         {"type", "message"},
                         {"status", "completed"},
                         {"role", "assistant"},
                         {"content",
                          {{{"type", "output_text"},
                            {"text", joined(answer.words)},
                            {"annotations", Json::array()}}}}}};
  response["usage"] = {{"input_tokens", answer.prompt_tokens},
                       {"input_tokens_details", {{"cached_tokens", 0}}},
                       {"output_tokens", answer.completion_tokens()},
                       {"output_tokens_details", {{"reasoning_tokens", 0}}},
                       {"total_tokens", answer.prompt_tokens + answer.completion_tokens()}};
  return response;
}

bool stream_response(const Answer& answer, BodySink& sink) {
  const auto send = [&](const char* type, Json event) {
    event["type"] = type;
    return send_event(sink, event.dump(), type);
  };
  if (!send("response.created", {{"response", response_object(answer, "in_progress")}}))
    return false;
  size_t sent = 0;
  for (const auto& word : answer.words) {
    if (answer.is_cut() && sent++ == kCutAfterWords) return false;
    pause(answer.word_ms());
    if (!send("response.output_text.delta", {{"item_id", "msg_" + answer.id},
                                             {"output_index", 0},
                                             {"content_index", 0},
                                             {"delta", word}})) {
      return false;
    }
  }
  return send("response.completed", {{"response", response_object(answer, "completed")}});
}

void answer_response(HttpExchange& exchange, const Json& request, Answer answer) {
  answer.id = "resp_" + answer.id;
  if (!request.value("stream", false)) {
    return answer_json(exchange, 200, response_object(answer, "completed"));
  }
  exchange.stream(200, {{"content-type", "text/event-stream"}, {"cache-control", "no-cache"}}, -1,
                  [answer](BodySink& sink) { return stream_response(answer, sink); });
}

void answer_embedding(HttpExchange& exchange, const Json& request, const Answer& answer) {
  std::vector<std::string> inputs;
  const auto input = request.contains("input") ? request["input"] : Json();
  if (input.is_string()) inputs.push_back(input.get<std::string>());
  if (input.is_array()) {
    for (const auto& text : input)
      inputs.push_back(text.is_string() ? text.get<std::string>() : text.dump());
  }
  Json data = Json::array();
  int64_t tokens = 0;
  for (const auto& text : inputs) {
    Json vector = Json::array();
    for (size_t i = 0; i < kEmbeddingDimensions; ++i) {
      vector.push_back(static_cast<double>((std::hash<std::string>{}(text) >> (i * 4)) & 15) /
                       16.0);
    }
    data.push_back(
        {{"object", "embedding"}, {"index", data.size()}, {"embedding", std::move(vector)}});
    tokens += count_tokens(text);
  }
  answer_json(exchange, 200,
              {{"object", "list"},
               {"data", std::move(data)},
               {"model", answer.model},
               {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}});
}

void answer_models(HttpExchange& exchange) {
  Json data = Json::array();
  for (const auto& model : kModels) {
    data.push_back({{"id", model.name}, {"object", "model"}, {"created", 0}, {"owned_by", "demo"}});
  }
  answer_json(exchange, 200, {{"object", "list"}, {"data", std::move(data)}});
}

void answer_post(HttpExchange& exchange, const Json& request) {
  const std::string model = request.value("model", "");
  if (model == "demo-error-429") {
    return answer_error(exchange, 429, "rate_limit_error", "the demo model is always rate limited");
  }
  if (model == "demo-error-500") {
    return answer_error(exchange, 500, "server_error", "the demo model always fails");
  }
  static std::atomic<int64_t> serial{0};
  const auto path = exchange.path();
  const auto question = question_of(request, path == "/v1/responses" ? "input" : "messages");
  const Timestamp now = system_clock().now();
  Answer answer;
  answer.model = model;
  answer.id = "demo" + std::to_string(now.unix_ms) + "x" + std::to_string(++serial);
  answer.created = now.unix_ms / 1000;
  answer.words = words_of_answer(question);
  answer.prompt_tokens = 3 + question.tokens;
  if (path == "/v1/chat/completions") return answer_chat(exchange, request, std::move(answer));
  if (path == "/v1/responses") return answer_response(exchange, request, std::move(answer));
  if (path == "/v1/embeddings") return answer_embedding(exchange, request, answer);
  answer_error(exchange, 404, "invalid_request_error", "the demo upstream does not know this path");
}

}  // namespace

void answer_as_demo(HttpExchange& exchange) {
  auto body = exchange.read_body(0);
  if (!body) return answer_error(exchange, 400, "invalid_request_error", body.error().message);
  if (exchange.head().method == "GET" && exchange.path() == "/v1/models")
    return answer_models(exchange);
  if (exchange.head().method != "POST") {
    return answer_error(exchange, 404, "invalid_request_error",
                        "the demo upstream does not know this path");
  }
  JsonParser parser;  // bounds the nesting, which the tree below does not
  const auto request = read_json_body(*body, parser) ? Json::parse(*body, nullptr, false) : Json();
  if (!request.is_object()) {
    return answer_error(exchange, 400, "invalid_request_error",
                        "the demo upstream takes JSON only");
  }
  try {
    answer_post(exchange, request);
  } catch (const Json::exception& error) {
    answer_error(exchange, 400, "invalid_request_error", error.what());
  }
}

std::vector<Price> demo_prices() {
  std::vector<Price> prices;
  for (const auto& model : kModels) {
    Price price;
    price.model = model.name;
    price.input = parse_token_price(model.input_price, 1'000'000).value();
    price.output = parse_token_price(model.output_price, 1'000'000).value();
    price.max_output_tokens = 1024;
    price.effective_from = system_clock().now();
    prices.push_back(std::move(price));
  }
  return prices;
}

}  // namespace chatgate
