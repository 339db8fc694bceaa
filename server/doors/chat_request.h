// What the doors with dialects of their own have in common: finding out who calls, and asking for a
// chat completion in OpenAI's words. Called by the doors, inside a request's coroutine.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "server/routes.h"

namespace chatgate {

// Who calls, and with which key.
struct Caller {
  Principal principal;
  std::string own_key;  // of an upstream account of the caller's; empty: the gateway's pays
};

// The caller whose credential stands in the head (`Authorization: Bearer`, `api-key`) or, if it is
// not empty, is `key`, which the door has found elsewhere: a token of chatgate's, a key of the
// caller's own where the door is among `own_keys`, nothing where it is among `guest_doors`.
// kMissingToken, kInvalidToken, kUserBlocked.
Result<Caller> identify(const RouteParts& parts, const RoutedRequest& request,
                        std::string_view key = {});

// Whoever may call without a token of chatgate's: the account that is charged for them.
Result<Principal> find_guest(const RouteParts& parts, const RoutedRequest& request);

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
