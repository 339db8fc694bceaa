#include "tests/support/fake_answers.h"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/support/fake_chat.h"
#include "tests/support/fake_responses.h"

namespace chatgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kCreated = 1'700'000'000;

FakeAnswer json_answer(const Json& json, int status = 200) {
  FakeAnswer answer;
  answer.status = status;
  answer.body = json.dump();
  return answer;
}

FakeAnswer error_answer(int status, const std::string& message, const std::string& type,
                        const Json& code) {
  return json_answer(
      {{"error", {{"message", message}, {"type", type}, {"param", nullptr}, {"code", code}}}},
      status);
}

FakeAnswer failure(const FakeBehaviour& behaviour) {
  const auto status = static_cast<int>(behaviour.number("status", 500));
  const std::string message = "the fake upstream was told to answer " + std::to_string(status);
  FakeAnswer answer =
      status == 429  ? error_answer(status, message, "requests", "rate_limit_exceeded")
      : status < 500 ? error_answer(status, message, "invalid_request_error", nullptr)
                     : error_answer(status, message, "server_error", nullptr);
  if (behaviour.has("html")) {
    answer.content_type = "text/html";
    answer.body = "<html><body><h1>" + std::to_string(status) + "</h1></body></html>";
  }
  for (const char* name : {"retry-after", "retry-after-ms"}) {
    if (behaviour.has(name)) {
      answer.headers.emplace_back(name, std::to_string(behaviour.number(name, 0)));
    }
  }
  return answer;
}

std::string base64_of(const std::vector<float>& numbers) {
  const size_t bytes = numbers.size() * sizeof(float);
  std::string text(sodium_base64_encoded_len(bytes, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const uint8_t*>(numbers.data()),
                    bytes, sodium_base64_VARIANT_ORIGINAL);
  text.resize(text.size() - 1);
  return text;
}

FakeAnswer embeddings(const Json& body, const std::string& model, const FakeBehaviour& behaviour) {
  const Json input = body.value("input", Json(""));
  const size_t count = input.is_array() ? input.size() : 1;
  Json data = Json::array();
  for (size_t i = 0; i < count; ++i) {
    const std::vector<float> vector = {0.25F, -0.5F, static_cast<float>(i)};
    const bool packed = body.value("encoding_format", "float") == "base64";
    data.push_back({{"object", "embedding"},
                    {"index", i},
                    {"embedding", packed ? Json(base64_of(vector)) : Json(vector)}});
  }
  Json answer = {{"object", "list"}, {"data", data}, {"model", model}};
  if (!behaviour.has("no-usage")) {
    answer["usage"] = {{"prompt_tokens", behaviour.prompt_tokens},
                       {"total_tokens", behaviour.prompt_tokens}};
  }
  return json_answer(answer);
}

FakeAnswer moderation(const std::string& model) {
  return json_answer({{"id", "modr-fake"},
                      {"model", model},
                      {"results", Json::array({{{"flagged", false},
                                                {"categories", {{"violence", false}}},
                                                {"category_scores", {{"violence", 0.01}}}}})}});
}

FakeAnswer image(const FakeBehaviour& behaviour) {
  return json_answer({{"created", kCreated},
                      {"data", Json::array({{{"b64_json", "aW1hZ2U="}}})},
                      {"usage",
                       {{"input_tokens", behaviour.prompt_tokens},
                        {"output_tokens", behaviour.completion_tokens},
                        {"total_tokens", behaviour.prompt_tokens + behaviour.completion_tokens},
                        {"input_tokens_details",
                         {{"text_tokens", behaviour.prompt_tokens}, {"image_tokens", 0}}}}}});
}

// Tells what arrived, so that a test sees that no byte, name or type was lost on the way.
FakeAnswer transcription(const FakeRequest& request, const FakeBehaviour& behaviour) {
  std::string text;
  std::string format = "json";
  for (const FakePart& part : parts_of(request)) {
    if (part.name == "response_format") format = part.content;
    if (!text.empty()) text += "; ";
    text += part.name;
    if (!part.file_name.empty()) text += " file=" + part.file_name + " type=" + part.content_type;
    text += " bytes=" + std::to_string(part.content.size());
    text += " sha256=" + sha256_hex(part.content);
  }
  FakeAnswer answer;
  if (format == "text" || format == "srt" || format == "vtt") {
    answer.content_type = format == "text" ? "text/plain; charset=utf-8" : "text/" + format;
    answer.body = format == "text"  ? text + "\n"
                  : format == "srt" ? "1\n00:00:00,000 --> 00:00:09,000\n" + text + "\n\n"
                                    : "WEBVTT\n\n00:00:00.000 --> 00:00:09.000\n" + text + "\n\n";
    return answer;
  }
  Json usage = {{"type", "duration"}, {"seconds", 9}};
  if (behaviour.has("usage")) {
    usage = {{"type", "tokens"},
             {"input_tokens", behaviour.prompt_tokens},
             {"output_tokens", behaviour.completion_tokens},
             {"total_tokens", behaviour.prompt_tokens + behaviour.completion_tokens}};
  }
  return json_answer({{"text", text}, {"usage", usage}});
}

FakeAnswer speech(const FakeBehaviour& behaviour) {
  FakeAnswer answer;
  answer.content_type = "audio/mpeg";
  answer.body.resize(static_cast<size_t>(behaviour.number("size", 20'000)));
  for (size_t i = 0; i < answer.body.size(); ++i) {
    answer.body[i] = static_cast<char>((i * 31 + i / 256) & 0xff);
  }
  return answer;
}

FakeAnswer models() {
  Json data = Json::array();
  for (const char* id : {"gpt-4o", "gpt-4o-mini"}) {
    data.push_back({{"id", id}, {"object", "model"}, {"created", kCreated}, {"owned_by", "fake"}});
  }
  return json_answer({{"object", "list"}, {"data", data}});
}

}  // namespace

std::string model_of(const FakeRequest& request) {
  if (request.header("content-type").starts_with("multipart/")) {
    for (const FakePart& part : parts_of(request)) {
      if (part.name == "model") return std::string(part.content);
    }
    return "";
  }
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("model") || !body["model"].is_string()) return "";
  return body["model"];
}

std::vector<std::string> words_of(const FakeBehaviour& behaviour) {
  static const std::vector<std::string> kWords = {"The",  "quick", "brown", "fox", "jumps",
                                                  "over", "the",   "lazy",  "dog."};
  std::vector<std::string> words;
  const auto count = static_cast<size_t>(behaviour.number("chunks", 9));
  for (size_t i = 0; i < count; ++i) {
    words.push_back((i == 0 ? "" : " ") + kWords[i % kWords.size()]);
  }
  const auto size = static_cast<size_t>(behaviour.number("size", 0));
  if (size > 0) words = {std::string(size, 'x')};
  if (behaviour.has("huge-event")) words.insert(words.begin() + 1, std::string(1 << 20, 'h'));
  return words;
}

FakeAnswer FakeAnswers::answer(const FakeRequest& request, const FakeBehaviour& behaviour) {
  if (behaviour.has("status")) return failure(behaviour);
  if (request.method != "POST") return answer_get(request);
  const std::string_view path = request.path();
  const std::string model = model_of(request);
  if (path.ends_with("/audio/transcriptions") || path.ends_with("/audio/translations")) {
    return transcription(request, behaviour);
  }
  if (path.ends_with("/files")) return upload_file(request);
  if (path.ends_with("/images/edits") || path.ends_with("/images/variations")) {
    return image(behaviour);
  }

  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) {
    return error_answer(400, "the fake upstream could not parse the JSON body",
                        "invalid_request_error", nullptr);
  }
  if (path.ends_with("/chat/completions")) {
    return chat_answer({body, model, next_id("chatcmpl-fake-"), behaviour});
  }
  if (path.ends_with("/completions")) {
    return completion_answer({body, model, next_id("cmpl-fake-"), behaviour});
  }
  if (path.ends_with("/responses")) {
    const std::string id = next_id("resp_fake");
    keep("/v1/responses/" + id, response_answer({body, model, id, behaviour}, false));
    return response_answer({body, model, id, behaviour}, body.value("stream", false));
  }
  if (path.ends_with("/embeddings")) return embeddings(body, model, behaviour);
  if (path.ends_with("/moderations")) return moderation(model);
  if (path.ends_with("/images/generations")) return image(behaviour);
  if (path.ends_with("/audio/speech")) return speech(behaviour);
  return error_answer(404, "Invalid URL (POST " + std::string(path) + ")", "invalid_request_error",
                      nullptr);
}

void FakeAnswers::forget() {
  const std::lock_guard lock(mutex_);
  kept_.clear();
}

FakeAnswer FakeAnswers::answer_get(const FakeRequest& request) {
  if (request.path().ends_with("/models")) return models();
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(std::string(request.path()));
  if (found == kept_.end()) {
    return error_answer(404, "no such thing: " + request.target, "invalid_request_error", nullptr);
  }
  if (request.method != "DELETE") return found->second;
  kept_.erase(found);
  return json_answer({{"id", request.target}, {"deleted", true}});
}

FakeAnswer FakeAnswers::upload_file(const FakeRequest& request) {
  const std::string id = next_id("file-fake");
  Json file = {{"id", id}, {"object", "file"}, {"created_at", kCreated}, {"purpose", "unknown"}};
  for (const FakePart& part : parts_of(request)) {
    if (part.name == "purpose") file["purpose"] = part.content;
    if (part.name != "file") continue;
    file["bytes"] = part.content.size();
    file["filename"] = part.file_name;
    FakeAnswer content;
    content.content_type = "application/octet-stream";
    content.body = part.content;
    keep("/v1/files/" + id + "/content", content);
  }
  keep("/v1/files/" + id, json_answer(file));
  return json_answer(file);
}

std::string FakeAnswers::next_id(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  return prefix + std::to_string(++serial_);
}

void FakeAnswers::keep(const std::string& path, FakeAnswer answer) {
  const std::lock_guard lock(mutex_);
  kept_[path] = std::move(answer);
}

}  // namespace chatgate
