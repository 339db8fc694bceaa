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

  // Takes upstream bytes in any split; appends to `out` all that may go to the client now, in order
  // and unmodified. Of an event that has outgrown kEventBytesHeldMax only the latest piece stays.
  void feed(std::string_view bytes, std::string& out);

  // The event that ends the stream for the client was seen: `[DONE]`, response.completed, .failed,
  // .incomplete or .cancelled, or a *.done or *.completed that carries usage. It and what follows
  // are withheld until release(). Do not feed much before that: it is all kept.
  bool has_end() const { return has_end_; }

  // Hands out what is withheld, at EOF also the rest of an unfinished event. From then on nothing
  // is withheld.
  void release(std::string& out);

  // Of the whole stream: `id` and `model` the first seen, `usage` and `type` the latest, has_error
  // and has_choices whether ever. Counts the usage of an event that lacks only its blank line.
  const AnswerFacts& facts() const { return facts_; }

  int64_t content_events() const { return content_events_; }  // those that carried generated content
  int64_t content_bytes() const { return content_bytes_; }    // of their data

  // Bytes of an unfinished event have been passed to the client: end it with a blank line before
  // adding an event of your own.
  bool mid_event() const { return mid_event_; }

 private:
  bool hide_usage_chunk_;
  bool has_end_ = false;
  bool mid_event_ = false;
  int64_t content_events_ = 0;
  int64_t content_bytes_ = 0;
  JsonAnswerScanner scanner_;
  AnswerFacts facts_;
};

}  // namespace chatgate
