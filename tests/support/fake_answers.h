// What a FakeUpstream answers in OpenAI's format: the right text for a request, before any
// misbehaviour on the wire. Safe from any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/fake_behaviour.h"
#include "tests/support/fake_http.h"

namespace chatgate {

struct FakeAnswer {
  int status = 200;
  std::string content_type = "application/json";
  FakeHeaders headers;
  std::string body;
  std::vector<std::string> events;  // not empty: an event stream instead of `body`
};

// The model that a request names, in JSON or in a multipart part; empty when none.
std::string model_of(const FakeRequest& request);

// A text of nine words, or as `chunks-N` and `huge-event` have it.
std::vector<std::string> words_of(const FakeBehaviour& behaviour);

class FakeAnswers {
 public:
  FakeAnswer answer(const FakeRequest& request, const FakeBehaviour& behaviour);
  void forget();

 private:
  FakeAnswer answer_get(const FakeRequest& request);
  FakeAnswer upload_file(const FakeRequest& request);
  std::string next_id(const std::string& prefix);
  void keep(const std::string& path, FakeAnswer answer);

  std::mutex mutex_;
  int serial_ = 0;
  std::map<std::string, FakeAnswer> kept_;  // by the path under which GET finds it
};

}  // namespace chatgate
