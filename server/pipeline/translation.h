// One answer on its way through a door with a dialect of its own: what the upstream has said so
// far, and the translator that says it to the client. Used inside the request's coroutine.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/pipeline/answer_translator.h"
#include "server/upstream/sse_events.h"

namespace chatgate {

class Translation {
 public:
  explicit Translation(std::shared_ptr<AnswerTranslator> translator)
      : translator_(std::move(translator)) {}

  // The upstream's events in any split, and what the client is sent for them.
  std::string take(std::string_view events);
  std::string take_rest();  // of an event that lacks its end
  // A whole answer. kUpstreamBroken when it is no chat completion.
  Result<std::string> take_whole(std::string_view json, bool as_stream);

  std::shared_ptr<const Turn> turn() const { return translator_->turn(so_far_); }
  std::string finish() const { return translator_->finish(so_far_); }
  std::string fail(const Error& error) const { return translator_->fail(error); }

  const ChatCompletion& so_far() const { return so_far_; }

 private:
  std::string say(std::string_view json);

  std::shared_ptr<AnswerTranslator> translator_;
  SseEvents events_;
  ChatCompletion so_far_;
};

}  // namespace chatgate
