#include "server/doors/web_answer.h"

#include <algorithm>
#include <utility>

#include "common/tokenizer/model_encoding.h"
#include "server/conversation/conversations.h"
#include "server/json/json_object.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

// Up to this size every chunk makes a line.
constexpr size_t kEveryChunkBytesMax = 32 << 10;
// Beyond it a line comes with each such part of the text.
constexpr size_t kLinesPerText = 64;
// Counting the tokens of a longer text would hold up the loop.
constexpr size_t kCountedBytesMax = 64 << 10;
constexpr size_t kDetailBytesMax = 64 << 10;

// Between its tokens JSON may break lines; here each object must stay on its own.
std::string on_one_line(std::string_view json) {
  std::string line(json);
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '\r', ' ');
  return line;
}

// Pages look for the first choice in it, so a chunk that tells of usage alone will not do.
bool has_choice(std::string_view json) {
  const size_t name = json.find("\"choices\"");
  if (name == std::string_view::npos) return false;
  const size_t value = json.find_first_not_of(" \t\r\n:[", name + 9);
  return value != std::string_view::npos && json[value] == '{';
}

}  // namespace

std::string web_line(std::string_view text, const std::string& id, const std::string& parent_id) {
  const ordered_json choice{
      {"index", 0},
      {"delta", ordered_json{{"role", "assistant"}, {"content", std::string(text)}}},
      {"finish_reason", "stop"}};
  return to_json_text({{"role", "assistant"},
                       {"id", id},
                       {"parentMessageId", parent_id},
                       {"text", std::string(text)},
                       {"delta", std::string(text)},
                       {"detail", ordered_json{{"choices", ordered_json::array({choice})}}}});
}

WebTranslator::WebTranslator(std::shared_ptr<Turn> turn, std::string model,
                             ErrorRenderer render_error, const Clock& clock)
    : turn_(std::move(turn)),
      model_(std::move(model)),
      render_error_(std::move(render_error)),
      clock_(clock) {}

std::string WebTranslator::on_chunk(const ChatCompletion& so_far, std::string_view delta,
                                    std::string_view json) {
  delta_ += delta;
  const bool has_detail = has_choice(json) && json.size() <= kDetailBytesMax;
  if (has_detail) detail_ = on_one_line(json);
  if (!has_detail && delta_.empty()) return {};
  const size_t bytes = so_far.text.size();
  if (bytes > kEveryChunkBytesMax && delta_.size() < bytes / kLinesPerText) return {};
  return line(so_far.text, -1);
}

std::shared_ptr<const Turn> WebTranslator::turn(const ChatCompletion& completion) {
  finish_turn(*turn_, completion.text, completion.model, clock_.now());
  return turn_;
}

std::string WebTranslator::finish(const ChatCompletion& completion) {
  const bool is_counted = completion.text.size() <= kCountedBytesMax;
  return line(completion.text, is_counted ? encoding_for(model_).count(completion.text) : -1);
}

std::string WebTranslator::fail(const Error& error) {
  const std::string separator = is_first_ ? "" : "\n";
  return separator + render_error_(error).body;
}

// Written by hand: the chunk stands in it as it came.
std::string WebTranslator::line(std::string_view text, int64_t token_count) {
  std::string line = std::exchange(is_first_, false) ? "" : "\n";
  line += R"({"role":"assistant","id":)" + json_string(answer_of(*turn_).id) +
          R"(,"parentMessageId":)" + json_string(question_of(*turn_).id) + R"(,"text":)" +
          json_string(text) + R"(,"delta":)" + json_string(std::exchange(delta_, {})) +
          R"(,"detail":)" + (detail_.empty() ? "{}" : detail_);
  if (token_count >= 0) line += R"(,"tokenCount":)" + std::to_string(token_count);
  return line + "}";
}

}  // namespace chatgate
