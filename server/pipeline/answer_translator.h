// How a door with a dialect of its own answers: the pipeline reads the upstream's chat completion,
// whole or as a stream, and a translator says it in the words of the door's clients. One for each
// request, called inside that request's coroutine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/domain/message.h"
#include "server/transport/http_exchange.h"
#include "server/wire/chat_completion.h"

namespace chatgate {

class AnswerTranslator {
 public:
  virtual ~AnswerTranslator() = default;

  // Of a successful answer, whose status is 200.
  virtual HeaderList headers() const = 0;

  // One chunk of a stream: the text that it adds to `so_far`, and its JSON. Returns what the client
  // is sent at once.
  virtual std::string on_chunk(const ChatCompletion& so_far, std::string_view delta,
                               std::string_view json) = 0;

  // What is to be remembered of a whole answer: kept together with its charge, or not at all.
  // Called once, before finish.
  virtual std::shared_ptr<const Turn> turn(const ChatCompletion&) { return nullptr; }

  // The end of the answer, of one that was not streamed all of it. Called when the charge is
  // durable.
  virtual std::string finish(const ChatCompletion& completion) = 0;

  // The end of a stream that broke off, so that its client does not take it for whole.
  virtual std::string fail(const Error& error) = 0;
};

// For a door that answers with one piece of JSON.
class JsonTranslator final : public AnswerTranslator {
 public:
  explicit JsonTranslator(std::function<std::string(const ChatCompletion&)> encode)
      : encode_(std::move(encode)) {}
  HeaderList headers() const override { return {{"Content-Type", "application/json"}}; }
  std::string on_chunk(const ChatCompletion&, std::string_view, std::string_view) override {
    return {};
  }
  std::string finish(const ChatCompletion& completion) override { return encode_(completion); }
  std::string fail(const Error&) override { return {}; }

 private:
  std::function<std::string(const ChatCompletion&)> encode_;
};

}  // namespace chatgate
