#include "server/grpc/grpc_listener.h"

#include <curl/curl.h>
#include <catch2/catch_all.hpp>
#include <latch>
#include <thread>

#include "common/log/access_log.h"
#include "server/doors/asking.h"
#include "server/transport/coroutine.h"
#include "server/transport/loops.h"
#include "server/transport/message_exchange.h"

namespace chatgate {
namespace {

// One call by a client that knows HTTP/2 and nothing of gRPC.
struct Called {
  std::vector<std::string> messages;
  std::string status;
  std::string reason;
};

std::string framed(const std::string& text) {
  std::string message = "\x0a";
  message += static_cast<char>(text.size());
  message += text;
  const std::string head{'\0', '\0', '\0', '\0', static_cast<char>(message.size())};
  return head + message;
}

std::vector<std::string> unframed(std::string_view bytes) {
  std::vector<std::string> messages;
  while (bytes.size() >= 5) {
    const auto size = static_cast<size_t>(static_cast<unsigned char>(bytes[4]));
    messages.emplace_back(size < 2 ? "" : bytes.substr(7, size - 2));
    bytes.remove_prefix(5 + size);
  }
  return messages;
}

size_t keep(char* bytes, size_t, size_t size, void* text) {
  static_cast<std::string*>(text)->append(bytes, size);
  return size;
}

std::string field_of(const std::string& head, const std::string& name) {
  const size_t begin = head.find(name + ": ");
  if (begin == std::string::npos) return {};
  const size_t from = begin + name.size() + 2;
  return head.substr(from, head.find('\r', from) - from);
}

Called call_with(const std::string& address, const std::string& body) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(curl_slist_append(nullptr, "content-type: application/grpc"),
                        "te: trailers"),
      curl_slist_free_all);
  const std::string url = "http://" + address + "/chat.Chat/Ask";
  std::string head, answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, keep);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &head);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_perform(curl.get());
  return {unframed(answer), field_of(head, "grpc-status"), field_of(head, "grpc-message")};
}

Called call(const std::string& address, const std::string& prompt) {
  return call_with(address, framed(prompt));
}

// Answers with its prompt, word by word; "wait" with the end of the test, "fault" with a throw.
struct Door {
  Loops loops{2};
  RequestIds ids{system_clock()};
  AccessLog access_log{system_clock()};
  ConnectionPlaces places;
  Config config;
  std::latch waiting{1};
  EventLoop* waiting_loop = nullptr;
  Event go_on;
  std::unique_ptr<GrpcListener> listener;

  Door() {
    listener = std::make_unique<GrpcListener>(GrpcListenerParts{
        loops.all(),
        [this](HttpExchange& exchange, const Result<Question>& question) {
          if (!question) return exchange.answer(400, {}, question.error().message);
          if (question->prompt == "fault") throw std::runtime_error("a fault");
          exchange.stream(
              200, {}, -1, [this, &exchange, prompt = question->prompt](BodySink& sink) {
                if (prompt == "wait") {
                  waiting_loop = &exchange.loop();
                  waiting.count_down();
                  go_on.wait();
                }
                return sink.write(message_piece(prompt)) && sink.write(message_piece("!"));
              });
        },
        ids, access_log, nullptr, places});
    config.grpc_listen = "127.0.0.1:0";
    REQUIRE(listener->listen(config));
    loops.start();
  }
  ~Door() {
    listener->close_all();
    loops.stop();
    listener.reset();
  }
};

using Messages = std::vector<std::string>;

TEST_CASE("The gRPC module answers, one after another and many at once", "[grpc]") {
  Door door;
  const std::string address = door.listener->bound_address();
  auto called = call(address, "Hello");
  REQUIRE(called.messages == Messages{"Hello", "!"});
  REQUIRE(called.status == "0");
  called = call(address, "fault");
  REQUIRE(called.messages == Messages{"<|err|>"});
  REQUIRE(called.status == "13");

  std::atomic<int> wholes = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      for (int n = 0; n < 20; ++n) wholes += call(address, "Hello").status == "0" ? 1 : 0;
    });
  }
  for (auto& client : clients) client.join();
  REQUIRE(wholes == 160);
  // The server learns of a connection's end after its client.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (door.listener->open_connections() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  REQUIRE(door.listener->open_connections() == 0);
}

TEST_CASE("What is no question is told so over gRPC", "[grpc]") {
  Door door;
  const std::string address = door.listener->bound_address();
  const auto frame = [](std::string bytes) {
    return std::string("\0\0\0\0", 4) + static_cast<char>(bytes.size()) + bytes;
  };
  for (const auto& bytes : {std::string("no protobuf"), std::string("\x0a\x02\xff\xfe"),
                            std::string("\x0a\x09short")}) {
    const auto called = call_with(address, frame(bytes));
    CHECK(called.messages == Messages{"<|err|>"});
    CHECK(called.status == "13");
    CHECK(called.reason.find("askrequest") != std::string::npos);
  }
  for (const auto& bytes : {std::string(), framed("one") + framed("two")}) {
    const auto called = call_with(address, bytes);
    CHECK(called.messages == Messages{"<|err|>"});
    CHECK(called.status == "12");
    CHECK(called.reason == "a call has one question, no less and no more");
  }
  const auto called = call_with(address, frame({}));  // a question of nothing is one
  CHECK(called.messages == Messages{"", "!"});
  CHECK(called.status == "0");
}

TEST_CASE("A server of gRPC that is replaced serves until its clients have left", "[grpc]") {
  Door door;
  const std::string address = door.listener->bound_address();
  Called called;
  std::thread client([&] { called = call(address, "wait"); });
  door.waiting.wait();
  CHECK_FALSE(door.listener->end_old_servers());
  for (const int bytes_max : {2000, 3000}) {
    door.config.grpc_message_bytes_max = bytes_max;
    door.listener->set_limits(door.config);
    CHECK(door.listener->end_old_servers());
    CHECK(call(address, "Hello").status == "0");
  }
  CHECK(call(address, std::string(100, 'x')).status == "0");
  door.waiting_loop->post([&] { door.go_on.notify(); });
  client.join();
  CHECK(called.messages == Messages{"wait", "!"});
  CHECK(called.status == "0");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (door.listener->end_old_servers() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK_FALSE(door.listener->end_old_servers());
  CHECK(call(address, "Hello").status == "0");
}

#if !defined(__SANITIZE_ADDRESS__)  // such a coroutine's stack is never given back
TEST_CASE("The end of gRPC does not wait for coroutines that never end", "[grpc]") {
  Called called;
  std::thread client;
  {
    Door door;
    client = std::thread(
        [&, address = door.listener->bound_address()] { called = call(address, "wait"); });
    door.waiting.wait();
  }
  client.join();
  REQUIRE(called.status != "0");
}
#endif

}  // namespace
}  // namespace chatgate
