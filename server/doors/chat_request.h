// How the doors with dialects of their own ask for a chat completion in OpenAI's words. Called by
// the doors, inside a request's coroutine.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "server/doors/caller.h"

namespace chatgate {

// The request's body. kBodyTooLarge beyond a few megabytes: such doors take questions, and not
// everybody who sends them a body has shown a token yet.
Result<std::string> read_question_body(const RoutedRequest& request);
// The same, which must be a JSON object.
Result<nlohmann::ordered_json> read_object(const RoutedRequest& request);

// A question that must be there: a member's text that is more than blanks.
Result<std::string> prompt_member(const RoutedRequest& request,
                                  const nlohmann::ordered_json& object, const char* name);
// `text` if it is more than blanks, else kInvalidRequest in the client's language.
Result<std::string> check_prompt(const RoutedRequest& request, std::string text, const char* name);

// A chat completion to be asked for. What is left open is as the configuration says.
struct ChatRequest {
  std::string model = {};
  nlohmann::ordered_json messages = nlohmann::ordered_json::array();
  bool stream = false;
  std::optional<int64_t> max_tokens = {};
  nlohmann::ordered_json temperature = nullptr;  // null: as configured
  nlohmann::ordered_json top_p = nullptr;
  nlohmann::ordered_json presence_penalty = nullptr;
  nlohmann::ordered_json frequency_penalty = nullptr;

  void add_message(std::string_view role, std::string content);
};

// Adds the messages of a client's list. kInvalidRequest for one that is not {role, content}, both
// texts, with the role system, user or assistant.
Result<void> add_messages(ChatRequest& chat, const nlohmann::ordered_json& list, const char* name);

// Sends it through the pipeline, which answers the exchange.
void ask_upstream(const RouteParts& parts, const RoutedRequest& request, Caller caller,
                  const ChatRequest& chat, std::shared_ptr<AnswerTranslator> translator,
                  std::string proxy = {});

}  // namespace chatgate
