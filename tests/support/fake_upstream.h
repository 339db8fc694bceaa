// An OpenAI-shaped server that can be told to misbehave in every way that upstreams do. Unit tests
// run it inside their process, acceptance tests as the program `fake_upstream`. Safe from any
// thread; each connection has a thread of its own.
//
// It answers chat completions, completions, responses (these three also streamed), embeddings,
// models, moderations, images, files, audio/transcriptions (whose `text` reports each part's file
// name, type, size and SHA-256) and audio/speech, with 13 prompt and 9 completion tokens.
//
// Control, never relayed by a gateway:
//   GET  /_seen     every request since the last reset, in order: method, target, headers, body
//                   (cut at 256 KB), body_bytes, body_sha256, connection, outcome (`running`,
//                   `finished`, `broken` as told, `left`: the client went away before the end)
//   GET  /_state    {"running", "waiting"}: answers under way, and those held at a gate
//   POST /_next     {"behaviour": "...", "times": 1}: how the next requests are answered
//   POST /_step     {"n": 1}: lets so many events of streams with `step` through
//   POST /_release  ends every stall, now and later, until the next reset
//   POST /_reset    forgets everything above
//
// A behaviour is words joined by `+`. They are read off the request's model name, so that any
// client can choose them (model `usage-7-3+crlf`), and the queue of /_next adds to them.
//
//   word              what happens
//   ----------------  --------------------------------------------------------------------------
//   reset, close      the connection is reset or closed before the answer's head
//   stall             nothing is answered until /_release (at most 60 s)
//   garbage           bytes that are not HTTP
//   half-head         closes in the middle of the head
//   info              100 and 103 answers before the real one
//   giant-head        a header of 400 KB
//   status-N          status N with OpenAI's error envelope; `html`: with a page instead
//   retry-after-S     that header, and retry-after-ms-MS, on a failure
//   garbage-json      200 with broken JSON
//   empty             200 without a body
//   long-length       a content-length of 100 more than what comes before the end
//   short-length      a content-length of 10 less than what comes
//   cut-chunk         the connection ends in the middle of a chunk (for a stream: in its middle)
//   cut-event         ends between chunks, in the middle of an event
//   end-early         ends properly in the middle of the stream: no usage, no [DONE]
//   no-last-chunk     everything comes but the last chunk of the chunked coding
//   bad-chunk         a chunk size that is no number
//   gzip              content-encoding: gzip, although nobody asked
//   chunked           a plain answer in chunks; `trailers` adds trailer fields
//   until-close       neither length nor chunks: the end of the connection is the answer's
//   extra             further bytes after the answer
//   bytes             one write for each byte; `one-write`: the whole stream in a single one
//   cr, crlf          how the lines of a stream end (LF otherwise)
//   comments          comments and pings between the events
//   usage-null        "usage": null in every chunk; asked for include_usage, it does so anyway
//   usage-each        usage in every chunk
//   usage-inside      usage in the last chunk with choices, without a chunk of its own
//   no-usage          no usage at all
//   no-done           no [DONE]
//   error-mid         an error event in the middle, and the end
//   huge-event        one event of 1 MB
//   endless           events until the client leaves (at most 60 s)
//   stall-mid         waits in the middle of the stream until /_release (at most 60 s)
//   step              waits before each event for /_step (at most 60 s)
//   gap-MS            pause before each event
//   chunks-N          N words instead of 9
//   size-BYTES        one word of that size
//   usage-P-C         P prompt and C completion tokens
//   cached-N, reasoning-N, audio-in-N, audio-out-N    token details
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_answers.h"

namespace chatgate {

struct SeenRequest {
  FakeRequest request;
  int64_t connection = 0;
  std::string outcome = "running";
};

class FakeUpstream {
 public:
  // Listens on 127.0.0.1; port 0 picks a free one. With `refuses` the port is taken but every
  // connection to it is refused.
  explicit FakeUpstream(uint16_t port = 0, bool refuses = false);
  ~FakeUpstream();
  FakeUpstream(const FakeUpstream&) = delete;
  FakeUpstream& operator=(const FakeUpstream&) = delete;

  uint16_t port() const { return port_; }
  std::string base_url() const;  // "http://127.0.0.1:PORT/v1"

  void next(const std::string& behaviour, int times = 1);
  void step(int64_t events);
  void release();
  void reset();

  std::vector<SeenRequest> seen() const;
  int64_t running() const;
  int64_t waiting() const;

 private:
  void accept_connections();
  void serve(int descriptor, int64_t connection_number);
  bool handle(FakeConnection& connection, const FakeRequest& request, int64_t number);
  bool control(FakeConnection& connection, const FakeRequest& request);
  FakeBehaviour behaviour_for(const FakeRequest& request);

  // False when the client left before its end.
  bool send_answer(FakeConnection& connection, const FakeAnswer& answer,
                   const FakeBehaviour& behaviour, bool is_head);
  bool send_stream(FakeConnection& connection, const std::vector<std::string>& events,
                   const FakeBehaviour& behaviour);
  // Holds the answer until `is_open` says so; false when the client left or nobody came.
  template <class Condition>
  bool wait_at_gate(const FakeConnection& connection, Condition is_open);
  bool take_step();  // REQUIRES: the mutex is held
  bool pause(const FakeConnection& connection, const FakeBehaviour& behaviour);

  int listener_ = -1;
  uint16_t port_ = 0;
  FakeAnswers answers_;

  mutable std::mutex mutex_;
  std::condition_variable all_ended_;
  std::set<int> descriptors_;  // of the connections being served
  bool stopping_ = false;
  bool released_ = false;
  int64_t steps_ = 0;
  int64_t running_ = 0;
  int64_t waiting_ = 0;
  std::vector<SeenRequest> seen_;
  size_t forgotten_ = 0;  // requests seen before the last reset
  std::deque<std::string> queue_;

  std::thread acceptor_;
};

}  // namespace chatgate
