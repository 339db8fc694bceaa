// Request bodies: what is accepted here is accepted by another parser, which sees the same values;
// the edits change what they must and nothing else. The first byte chooses JSON or a form.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "server/wire/request_body.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace chatgate;
using nlohmann::json;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_json(const std::string& body) {
  JsonParser parser;
  auto facts = read_json_body(body, parser);
  if (!facts) {
    // The message goes into an answer, which must be valid JSON.
    require(!json(facts.error().message).dump().empty());
    require(!json(facts.error().param).dump().empty());
    return;
  }
  const json value = json::parse(body);
  require(value.is_object());
  require(value.value("model", std::string()) == facts->model);
  const auto is_true = [](const json& object, const char* name) {
    return object.contains(name) && object[name] == true;
  };
  require(is_true(value, "stream") == facts->stream);
  const bool has_options = value.contains("stream_options") && value["stream_options"].is_object();
  require((has_options && is_true(value["stream_options"], "include_usage")) ==
          facts->include_usage);
  for (const char* name : {"max_tokens", "max_completion_tokens", "max_output_tokens"}) {
    if (!value.contains(name) || value[name].is_null()) continue;
    require(value[name].get<int64_t>() <= facts->max_output_tokens);
  }

  json expected = value;
  if (!has_options) expected["stream_options"] = json::object();
  expected["stream_options"]["include_usage"] = true;
  expected["model"] = "new \"name\"";
  std::string one = body;
  RequestFacts one_facts = *facts;
  ask_for_usage(one, one_facts);
  replace_model(one, one_facts, "new \"name\"");
  require(json::parse(one) == expected);
  std::string other = body;
  RequestFacts other_facts = *facts;
  replace_model(other, other_facts, "new \"name\"");
  ask_for_usage(other, other_facts);
  require(json::parse(other) == expected);
  const auto again = read_json_body(other, parser);
  require(again && again->include_usage && again->model == "new \"name\"");
  require(again->object_end == other_facts.object_end);
  require(again->model_offset == other_facts.model_offset);
  require(again->stream_options_offset == other_facts.stream_options_offset);
  require(again->stream_options_bytes == other_facts.stream_options_bytes);
}

void check_form(std::string body) {
  const std::string type = "multipart/form-data; boundary=b";
  auto facts = read_multipart_body(body, type);
  if (!facts) return;
  require(body.substr(facts->model_offset, facts->model_bytes) == facts->model);
  if (facts->model_offset == 0) return;
  const std::string before = body;
  const std::string model = facts->model;
  replace_model(body, *facts, "new");
  const auto again = read_multipart_body(body, type);
  require(again && again->model == "new" && again->model_offset == facts->model_offset);
  replace_model(body, *facts, model);
  require(body == before);
}

}  // namespace

FUZZ_TARGET(request_body,
            R"(.{"model": "gpt", "stream": true, "max_tokens": 12, "n": 1, "messages": [{"role":)"
            R"( "user", "content": "h\u00e9\n"}], "stream_options": {"include_usage": false}})") {
  if (size == 0) return 0;
  const auto* const text = reinterpret_cast<const char*>(data);
  // A form's headers as the content type.
  static_cast<void>(read_multipart_body("--b--", std::string_view(text, size)));
  const std::string body(text + 1, size - 1);
  if (data[0] == '-') {
    check_form(body);
  } else {
    check_json(body);
  }
  return 0;
}
