#include "server/upstream/direct/response_reader.h"

#include <zlib.h>
#include <catch2/catch_all.hpp>
#include <utility>
#include <vector>

#include "tests/support/fake_http.h"

namespace chatgate {
namespace {

using namespace std::string_literals;

struct Read {
  bool is_broken = false;
  bool is_done = false;  // before or at the connection's end
  bool keeps_connection = false;
  int status = 0;
  int64_t content_length = -1;
  std::string body = {};
  bool operator==(const Read&) const = default;
};

// Everything, in two pieces that meet at `split`, then the connection's end.
Read read(std::string_view bytes, size_t split, bool is_answer_to_head = false) {
  Read result;
  ResponseReader reader(is_answer_to_head);
  for (const auto piece : {bytes.substr(0, split), bytes.substr(split)}) {
    if (!piece.empty() && !reader.feed(piece, result.body)) result.is_broken = true;
    if (result.is_broken) return result;
  }
  if (reader.is_done()) result.keeps_connection = reader.keeps_connection();
  result.is_broken = !reader.end();
  result.is_done = reader.is_done();
  if (!reader.has_head()) return result;
  const auto head = reader.take_head();
  result.status = head.status;
  result.content_length = head.content_length;
  return result;
}

std::string deflated(std::string_view bytes, int window_bits) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(bytes.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string encoded_answer(const std::string& coding, const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Encoding: " + coding +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Row {
  std::string bytes;
  Read wanted;
  bool is_answer_to_head = false;
};

std::vector<Row> plain_answers() {
  return {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello",
       {.is_done = true,
        .keeps_connection = true,
        .status = 200,
        .content_length = 5,
        .body = "hello"}},
      {"HTTP/1.1 200\nContent-Length: 2\n\nok",  // as lenient as clients are
       {.is_done = true,
        .keeps_connection = true,
        .status = 200,
        .content_length = 2,
        .body = "ok"}},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n"
       "5\r\nhello\r\n0\r\nT: x\r\n\r\n",
       {.is_done = true, .keeps_connection = true, .status = 200, .body = "hello"}},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end",
       {.is_done = true, .status = 200, .body = "until the end"}},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: "
       "9\r\n\r\n"
       "HTTP/1.1 204 No Content\r\nA: b\r\n c\r\n\r\n",
       {.is_done = true, .keeps_connection = true, .status = 204}},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
       {.is_done = true, .keeps_connection = true, .status = 304, .content_length = 10}},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
       {.is_done = true, .keeps_connection = true, .status = 200, .content_length = 10},
       true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, Close\r\n\r\n",
       {.is_done = true, .status = 200, .content_length = 0}},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na",
       {.is_done = true, .status = 200, .content_length = 1, .body = "a"}},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na",
       {.is_done = true,
        .keeps_connection = true,
        .status = 200,
        .content_length = 1,
        .body = "a"}},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
       {.is_done = true,
        .keeps_connection = true,
        .status = 200,
        .content_length = 2,
        .body = "ok"}},
      // Nobody has asked for more than one answer.
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
       {.is_done = true, .status = 200, .content_length = 2, .body = "ok"}},
  };
}

std::vector<Row> encoded_answers() {
  const std::string text = "hello, hello, hello, hello";
  const Read hello{.is_done = true, .keeps_connection = true, .status = 200, .body = text};
  Read identical = hello;
  identical.content_length = static_cast<int64_t>(text.size());
  const Read empty{.is_done = true, .keeps_connection = true, .status = 200};
  return {
      {encoded_answer("gzip", gzip_of(text)), hello},
      {encoded_answer("deflate", deflated(text, MAX_WBITS)), hello},
      {encoded_answer("deflate", deflated(text, -MAX_WBITS)), hello},
      {encoded_answer("identity", text), identical},
      {encoded_answer("gzip", ""), empty},
  };
}

TEST_CASE("an answer reads the same wherever it is split", "[direct]") {
  const auto rows = GENERATE(0, 1) == 0 ? plain_answers() : encoded_answers();
  for (const auto& [bytes, wanted, is_answer_to_head] : rows) {
    CAPTURE(bytes);
    for (size_t split = 0; split <= bytes.size(); ++split) {
      const auto result = read(bytes, split, is_answer_to_head);
      if (result == wanted) continue;
      CAPTURE(split, result.is_broken, result.is_done, result.keeps_connection, result.body);
      FAIL_CHECK("it reads otherwise");
    }
  }
}

TEST_CASE("an answer that could be read in two ways, or not at all, is broken", "[direct]") {
  const std::string bytes = GENERATE(
      "SSH-2.0-OpenSSH\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n",
      "HTTP/1.1 2000 x\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
      "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nok",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok");
  CAPTURE(bytes);
  CHECK(read(bytes, bytes.size()).is_broken);
  CHECK(read(bytes, 1).is_broken);
}

TEST_CASE("a zero byte in a head is broken", "[direct]") {
  CHECK(read("HTTP/1.1 200 OK\r\nA: \0b\r\n\r\n"s, 0).is_broken);
}

TEST_CASE("an answer that ends too early is broken at every byte", "[direct]") {
  const std::string bytes = GENERATE(
      std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
      std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
      encoded_answer("gzip", gzip_of("hello")));
  for (size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    const auto result = read(std::string_view(bytes).substr(0, size), 0);
    CHECK(result.is_broken);
  }
}

TEST_CASE("what stands before a fault of the framing is told", "[direct]") {
  const auto [head, content] = GENERATE(std::pair(""s, "hello"s),
                                        std::pair("Content-Encoding: gzip\r\n"s, gzip_of("hello")));
  const auto result = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + head + "\r\n" +
                               chunk_of(content) + "zz\r\n",
                           0);
  CHECK(result.is_broken);
  CHECK(result.body == "hello");
}

TEST_CASE("a head without an end is broken before it fills the memory", "[direct]") {
  ResponseReader reader(false);
  std::string body;
  REQUIRE(reader.feed("HTTP/1.1 200 OK\r\nX: ", body));
  const std::string piece(16 << 10, 'x');
  int pieces = 0;
  while (reader.feed(piece, body) && pieces < 1000) ++pieces;
  CHECK(pieces < 17);
}

}  // namespace
}  // namespace chatgate
