// The answers of the door `web`: JSON objects on lines of their own, each with all of the message
// that is there so far, so that a page may show the last line alone. Used inside a request's
// coroutine.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/domain/message.h"
#include "server/pipeline/answer_translator.h"
#include "server/transport/http_listener.h"

namespace chatgate {

// A message that no model has made, as one line.
std::string web_line(std::string_view text, const std::string& id, const std::string& parent_id);

// Says a stream of chat chunks in such lines. A text repeats in each line, so that beyond some
// size not every chunk makes one: what is sent stays within some multiples of the text.
class WebTranslator final : public AnswerTranslator {
 public:
  WebTranslator(std::shared_ptr<Turn> turn, std::string model, ErrorRenderer render_error,
                const Clock& clock);

  HeaderList headers() const override { return {{"Content-Type", "application/octet-stream"}}; }
  std::string on_chunk(const ChatCompletion& so_far, std::string_view delta,
                       std::string_view json) override;
  std::shared_ptr<const Turn> turn(const ChatCompletion& completion) override;
  // One more line, with the number of the text's tokens.
  std::string finish(const ChatCompletion& completion) override;
  std::string fail(const Error& error) override;

 private:
  std::string line(std::string_view text, int64_t token_count);

  std::shared_ptr<Turn> turn_;
  std::string model_;
  ErrorRenderer render_error_;
  const Clock& clock_;
  bool is_first_ = true;
  std::string delta_;   // that no line has told yet
  std::string detail_;  // the latest chunk that says something, as the upstream wrote it
};

}  // namespace chatgate
