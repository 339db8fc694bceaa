// Passes an upstream's server-sent events on to the client, reads usage out of them, hides the one
// event that the client did not ask for, and holds back the last one until the books are settled.
// One filter for one stream, used by one coroutine at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/upstream/usage_extractor.h"

namespace chatgate {

class SseFilter {
 public:
  // An event longer than this is passed on in pieces and never hidden.
  static constexpr size_t kEventBytesHeldMax = 65536;

  // With `hide_usage_chunk`, the chunk that exists only because chatgate asked for usage (a usage
  // object beside `choices: []`) does not reach the client.
  explicit SseFilter(bool hide_usage_chunk);
  SseFilter(const SseFilter&) = delete;
  SseFilter& operator=(const SseFilter&) = delete;

  // Counts the text that the events bring, before the first is fed. `is_one_text` false: the events
  // belong to several texts in turn, as with several choices, and each is counted by itself.
  void count_text(const Encoding& encoding, bool is_one_text);

  // Takes upstream bytes in any split; appends to `out` all that may go to the client now, in order
  // and unmodified. Of an event that has outgrown kEventBytesHeldMax only the latest piece stays.
  void feed(std::string_view bytes, std::string& out);

  // The event that ends the stream for the client was seen: `[DONE]`, response.completed, .failed,
  // .incomplete or .cancelled, or a *.done or *.completed that carries usage. It and what follows
  // are withheld until release(). Do not feed much before that: it is all kept. Where lines end
  // with CR LF, false until the line feed is there too.
  bool has_end() const { return has_end_ && !(was_carriage_return_ && has_crlf_); }

  // Hands out what is withheld, at EOF also the rest of an unfinished event. From then on nothing
  // is withheld.
  void release(std::string& out);

  // Of the whole stream: `id` and `model` the first seen, `usage` and `type` the latest, has_error
  // and has_choices whether ever. Counts the usage of an event that lacks only its blank line.
  const AnswerFacts& facts() const { return facts_; }

  int64_t content_events() const {
    return content_events_;
  }  // those that carried generated content
  // The tokens of the text that was counted, and one for each event with content other than text.
  int64_t content_tokens() const;
  int64_t content_bytes() const { return content_bytes_; }  // of their data

  // Bytes of an unfinished event have been passed to the client: end it with a blank line before
  // adding an event of your own.
  bool mid_event() const { return mid_event_; }

 private:
  enum class Field : uint8_t { kUnknown, kData, kEvent, kComment, kOther };
  enum class Fate : uint8_t { kPass, kHold, kHide };

  static constexpr size_t kPieceBytesHeldMax = 16384;

  size_t end_of_line(std::string_view bytes, size_t from, size_t& line_feed) const;
  void take_line_piece(std::string_view piece);
  std::string_view without_mark(std::string_view piece);
  std::string_view take_field_name(std::string_view piece);
  void start_data_line();
  void take_data(std::string_view piece);
  void end_line();
  void start_event();
  Fate finish_event(size_t event_bytes);
  void note_facts();
  void count_content();
  bool is_usage_chunk() const;
  bool ends_stream() const;
  void route(Fate fate, std::string_view bytes, std::string& out);
  void keep_rest(std::string_view rest, std::string& out);

  bool hide_usage_chunk_;
  bool has_end_ = false;
  bool is_released_ = false;
  bool mid_event_ = false;
  int64_t content_events_ = 0;
  int64_t content_bytes_ = 0;
  std::optional<GeneratedText> text_;
  bool is_one_text_ = true;
  int64_t text_events_ = 0;    // of content_events_
  JsonAnswerScanner scanner_;  // of the open event's data
  AnswerFacts facts_;

  // The open line. A carriage return ends it at once; a line feed behind goes the same way.
  Field field_ = Field::kUnknown;
  bool is_line_empty_ = true;
  bool is_value_start_ = false;  // a blank here is no part of the value
  bool was_carriage_return_ = false;
  bool has_crlf_ = false;    // some line ended so
  bool was_routed_ = false;  // ... and its line has been routed, to last_fate_
  Fate last_fate_ = Fate::kPass;
  std::array<char, 6> name_{};
  size_t name_bytes_ = 0;
  size_t mark_bytes_ = 0;  // seen of the byte order mark; kMarkDone when it is behind us

  // The open event.
  bool has_fields_ = false;  // lines other than comments
  bool is_counted_ = false;  // in content_events_
  int data_lines_ = 0;
  int64_t data_bytes_ = 0;
  size_t passed_bytes_ = 0;  // of it that have been passed on
  std::string pending_;      // of it that are held
  std::array<char, 8> data_start_{};
  std::array<char, 64> event_name_{};
  size_t event_name_bytes_ = 0;

  std::string withheld_;  // the end and what follows
};

}  // namespace chatgate
