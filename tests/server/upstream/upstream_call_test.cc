// What a call promises, whichever engine serves it.
#include "server/upstream/upstream_call.h"

#include <catch2/catch_all.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "server/transport/coroutine.h"
#include "server/upstream/curl_multi.h"
#include "server/upstream/direct/direct_client.h"
#include "tests/support/fake_upstream.h"

namespace chatgate {
namespace {

using Progress = UpstreamCall::Progress;

// One engine on a loop of its own. `run` plays a coroutine on it and waits for its end, so that
// one thread at a time asserts.
class Engine {
 public:
  explicit Engine(bool is_direct) {
    if (is_direct) {
      direct_ = std::make_unique<DirectClient>(loop_);
    } else {
      curl_ = std::make_unique<CurlMulti>(loop_);
    }
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Engine() {
    loop_.stop();
    thread_.join();
  }

  void run(const std::function<void()>& body) {
    std::promise<void> done;
    loop_.post([&] {
      Coroutine::spawn(loop_, [&] {
        body();
        done.set_value();
      });
    });
    done.get_future().wait();
  }

  std::unique_ptr<UpstreamCall> call(const UpstreamRequest& request) {
    return direct_ ? direct_->call(request) : curl_->call(request);
  }

 private:
  EventLoop loop_;
  std::unique_ptr<DirectClient> direct_;
  std::unique_ptr<CurlMulti> curl_;
  std::thread thread_;
};

std::string chat(const std::string& model, bool is_stream = false) {
  return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi"}])" +
         (is_stream ? R"(,"stream":true})" : "}");
}

struct Question {
  std::string method = "POST";
  std::string path = "/chat/completions";
  std::string body = chat("m");
  std::vector<std::string> headers = {"Content-Type: application/json"};
  std::string proxy = {};
  int64_t connect_timeout_ms = 5'000;

  UpstreamRequest request(const std::string& url) const {
    return {.method = method,
            .url = url,
            .headers = headers,
            .key = "sk-up",
            .body = body,
            .proxy = proxy,
            .has_body = !body.empty(),
            .connect_timeout_ms = connect_timeout_ms};
  }
};

struct Answer {
  Progress head = Progress::kInterrupted;
  Progress end = Progress::kInterrupted;
  int status = 0;
  int64_t content_length = -1;
  HeaderList headers = {};
  std::string body = {};
  bool was_sent = false;
};

Answer ask(Engine& engine, const std::string& base_url, const Question& question) {
  Answer answer;
  const std::string url = base_url + question.path;
  const auto call = engine.call(question.request(url));
  answer.head = call->await_head(10'000);
  answer.was_sent = call->was_sent();
  if (answer.head != Progress::kReady) return answer;
  answer.status = call->head().status;
  answer.content_length = call->head().content_length;
  answer.headers = call->take_headers();
  do {
    answer.end = call->read(answer.body, 10'000);
  } while (answer.end == Progress::kReady);
  return answer;
}

Answer ask_once(Engine& engine, const std::string& base_url, const Question& question) {
  Answer answer;
  engine.run([&] { answer = ask(engine, base_url, question); });
  return answer;
}

Question for_model(const std::string& model, bool is_stream = false) {
  Question question;
  question.body = chat(model, is_stream);
  return question;
}

TEST_CASE("an upstream's answer comes whole, or its fault is told", "[upstream_call]") {
  struct Row {
    const char* behaviour;
    Progress head;
    Progress end;
  };
  const auto row = GENERATE(Row{"plain", Progress::kReady, Progress::kEnd},
                            Row{"bytes", Progress::kReady, Progress::kEnd},
                            Row{"info", Progress::kReady, Progress::kEnd},
                            Row{"chunked", Progress::kReady, Progress::kEnd},
                            Row{"chunked+trailers", Progress::kReady, Progress::kEnd},
                            Row{"chunked+bytes", Progress::kReady, Progress::kEnd},
                            Row{"gzip", Progress::kReady, Progress::kEnd},
                            Row{"gzip+chunked+bytes", Progress::kReady, Progress::kEnd},
                            Row{"until-close", Progress::kReady, Progress::kEnd},
                            Row{"short-length", Progress::kReady, Progress::kEnd},
                            Row{"extra", Progress::kReady, Progress::kEnd},
                            Row{"empty", Progress::kReady, Progress::kEnd},
                            Row{"status-503", Progress::kReady, Progress::kEnd},
                            Row{"size-300000", Progress::kReady, Progress::kEnd},
                            Row{"size-300000+chunked", Progress::kReady, Progress::kEnd},
                            Row{"long-length", Progress::kReady, Progress::kBroken},
                            Row{"chunked+cut-chunk", Progress::kReady, Progress::kBroken},
                            Row{"chunked+bad-chunk", Progress::kReady, Progress::kBroken},
                            Row{"chunked+bad-chunk+one-write", Progress::kReady, Progress::kBroken},
                            Row{"reset", Progress::kBroken, Progress::kInterrupted},
                            Row{"close", Progress::kBroken, Progress::kInterrupted},
                            Row{"garbage", Progress::kBroken, Progress::kInterrupted},
                            Row{"half-head", Progress::kBroken, Progress::kInterrupted},
                            Row{"giant-head", Progress::kBroken, Progress::kInterrupted});
  const bool is_direct = GENERATE(true, false);
  CAPTURE(row.behaviour, is_direct);
  FakeUpstream upstream;
  Engine engine(is_direct);
  // Twice: whatever the first answer was, the next one must not be mistaken for its rest.
  for (int turn = 0; turn < 2; ++turn) {
    const auto answer = ask_once(engine, upstream.base_url(), for_model(row.behaviour));
    CHECK(answer.head == row.head);
    CHECK(answer.end == row.end);
    CHECK(answer.was_sent);
    if (row.end != Progress::kEnd) continue;
    CHECK(answer.status == (std::string_view(row.behaviour) == "status-503" ? 503 : 200));
    if (answer.content_length >= 0) {
      CHECK(answer.body.size() == static_cast<size_t>(answer.content_length));
    }
  }
}

TEST_CASE("both engines read the same answers", "[upstream_call]") {
  const std::string behaviour = GENERATE("plain", "chunked+bytes", "gzip", "until-close",
                                         "size-200000", "info", "status-429+retry-after-3");
  CAPTURE(behaviour);
  FakeUpstream upstream;
  Engine direct(true);
  Engine curl(false);
  const auto ours = ask_once(direct, upstream.base_url(), for_model(behaviour));
  const auto theirs = ask_once(curl, upstream.base_url(), for_model(behaviour));
  CHECK(ours.status == theirs.status);
  CHECK(ours.content_length == theirs.content_length);
  CHECK(ours.body.size() == theirs.body.size());
  const auto names = [](const HeaderList& headers) {
    std::vector<std::string> result;
    for (const auto& [name, value] : headers) result.push_back(name);
    return result;
  };
  CHECK(names(ours.headers) == names(theirs.headers));
}

TEST_CASE("both engines send the same request", "[upstream_call]") {
  Question question;
  question.method = GENERATE("POST", "GET", "PUT", "DELETE", "HEAD", "PATCH");
  question.path = "/models/a%20b?limit=2&x=%2F";
  if (question.method != "POST" && question.method != "PUT" && question.method != "PATCH") {
    question.body.clear();
  }
  question.headers = {"X-Empty:", "OpenAI-Beta: a=1", "Content-Type: application/json",
                      "accept: text/event-stream"};
  if (question.method == "DELETE") question.headers = {};
  CAPTURE(question.method);
  FakeUpstream upstream;
  for (const bool is_direct : {true, false}) {
    Engine engine(is_direct);
    ask_once(engine, upstream.base_url(), question);
  }
  const auto seen = upstream.seen();
  REQUIRE(seen.size() == 2);
  const auto& ours = seen[0].request;
  const auto& theirs = seen[1].request;
  CHECK(ours.method == question.method);
  CHECK(ours.method == theirs.method);
  CHECK(ours.target == theirs.target);
  CHECK(ours.version == theirs.version);
  CHECK(ours.body == theirs.body);
  CHECK(ours.headers.size() == theirs.headers.size());
  for (const auto& [name, value] : theirs.headers) {
    CAPTURE(name);
    CHECK(ours.header(name) == value);
  }
}

TEST_CASE("a connection is used again", "[upstream_call]") {
  const bool is_direct = GENERATE(true, false);
  FakeUpstream upstream;
  Engine engine(is_direct);
  for (int i = 0; i < 3; ++i) {
    CHECK(ask_once(engine, upstream.base_url(), for_model("plain")).end == Progress::kEnd);
  }
  engine.run([&] {  // not by two at a time
    const std::string url = upstream.base_url() + "/chat/completions";
    const auto stalled = for_model("stall");
    const auto waiting = engine.call(stalled.request(url));
    CHECK(ask(engine, upstream.base_url(), for_model("plain")).end == Progress::kEnd);
    upstream.release();
    CHECK(waiting->await_head(10'000) == Progress::kReady);
  });
  const auto seen = upstream.seen();
  REQUIRE(seen.size() == 5);
  CHECK(seen[0].connection == seen[2].connection);
  CHECK(seen[3].connection != seen[4].connection);
}

TEST_CASE("a connection that the upstream has closed costs no request", "[upstream_call]") {
  const bool is_direct = GENERATE(true, false);
  Engine engine(is_direct);
  uint16_t port = 0;
  {
    FakeUpstream upstream;
    port = upstream.port();
    CHECK(ask_once(engine, upstream.base_url(), for_model("plain")).end == Progress::kEnd);
  }
  FakeUpstream upstream(port);
  CHECK(ask_once(engine, upstream.base_url(), for_model("plain")).end == Progress::kEnd);
}

TEST_CASE("what cannot be reached was not sent", "[upstream_call]") {
  const bool is_direct = GENERATE(true, false);
  FakeUpstream upstream(0, true);
  Engine engine(is_direct);
  const auto answer = ask_once(engine, upstream.base_url(), {});
  CHECK(answer.head == Progress::kUnreachable);
  CHECK_FALSE(answer.was_sent);
  const auto unknown = ask_once(engine, "http://no-such-host.invalid:1/v1", {});
  CHECK(unknown.head == Progress::kUnreachable);
  CHECK_FALSE(unknown.was_sent);
}

TEST_CASE("names are resolved", "[upstream_call]") {
  const bool is_direct = GENERATE(true, false);
  FakeUpstream upstream;
  Engine engine(is_direct);
  const std::string url = "http://localhost:" + std::to_string(upstream.port()) + "/v1";
  for (int i = 0; i < 2; ++i) CHECK(ask_once(engine, url, {}).end == Progress::kEnd);
}

TEST_CASE("a wait ends in time or when it is interrupted", "[upstream_call]") {
  const bool is_direct = GENERATE(true, false);
  FakeUpstream upstream;
  Engine engine(is_direct);
  engine.run([&] {
    const std::string url = upstream.base_url() + "/chat/completions";
    const auto question = for_model("stall");
    const auto call = engine.call(question.request(url));
    do {
      CHECK(call->await_head(60) == Progress::kTimeout);
    } while (upstream.waiting() == 0);
    call->interrupt();
    CHECK(call->await_head(10'000) == Progress::kInterrupted);
  });
  // Its end has cancelled it, and the upstream learns of that.
  while (upstream.seen()[0].outcome == "running") std::this_thread::yield();
  CHECK(upstream.seen()[0].outcome == "left");
}

TEST_CASE("an answer that nobody takes is left with the upstream", "[upstream_call]") {
  const bool is_direct = GENERATE(true, false);
  FakeUpstream upstream;
  Engine engine(is_direct);
  constexpr size_t kBytes = 40'000'000;
  size_t largest = 0;
  size_t total = 0;
  engine.run([&] {
    const std::string url = upstream.base_url() + "/chat/completions";
    const auto question = for_model("size-" + std::to_string(kBytes));
    const auto call = engine.call(question.request(url));
    CHECK(call->await_head(10'000) == Progress::kReady);
    Event nothing;
    nothing.wait(100);  // more would have come by now
    std::string piece;
    while (call->read(piece, 10'000) == Progress::kReady) {
      largest = std::max(largest, piece.size());
      total += piece.size();
      piece.clear();
    }
    CHECK(call->is_whole());
  });
  CHECK(total > kBytes);
  CHECK(largest <= 2 * UpstreamCall::kBufferBytes);
}

TEST_CASE("a large body arrives, also when it is answered before its end", "[upstream_call]") {
  const bool is_direct = GENERATE(true, false);
  FakeUpstream upstream;
  Engine engine(is_direct);
  auto question = for_model("plain");
  question.body.insert(question.body.size() - 1, R"(,"x":")" + std::string(20'000'000, 'x') + '"');
  CHECK(ask_once(engine, upstream.base_url(), question).end == Progress::kEnd);
  REQUIRE(upstream.seen().size() == 1);
  CHECK(upstream.seen()[0].request.body.size() == question.body.size());
}

}  // namespace
}  // namespace chatgate
