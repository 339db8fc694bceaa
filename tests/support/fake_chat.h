// A FakeUpstream's answers to chat completions and to the older completions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/fake_answers.h"

namespace chatgate {

// What an answer that holds text is made of; all borrowed for the call.
struct FakeTextRequest {
  const nlohmann::ordered_json& body;
  const std::string& model;
  const std::string& id;
  const FakeBehaviour& behaviour;
};

FakeAnswer chat_answer(const FakeTextRequest& request);
FakeAnswer completion_answer(const FakeTextRequest& request);

}  // namespace chatgate
