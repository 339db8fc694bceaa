#include "server/transport/chunked_decoder.h"

#include <catch2/catch_all.hpp>
#include <random>
#include <string>
#include <vector>

namespace chatgate {
namespace {

using namespace std::string_literals;

struct Decoded {
  bool is_error = false;
  bool is_done = false;
  size_t consumed = 0;
  std::string body = {};

  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, const std::vector<size_t>& splits = {}) {
  Decoded decoded;
  ChunkedDecoder decoder;
  size_t begin = 0;
  for (size_t i = 0; i <= splits.size() && !decoder.is_done(); ++i) {
    const size_t end = i < splits.size() ? splits[i] : bytes.size();
    const auto consumed = decoder.feed(bytes.substr(begin, end - begin), decoded.body);
    if (!consumed) {
      CHECK(traits_of(consumed.error().code).http_status == 400);
      return {.is_error = true};
    }
    decoded.consumed += *consumed;
    begin = end;
  }
  decoded.is_done = decoder.is_done();
  return decoded;
}

// All ways to feed it that tests can afford must agree.
Decoded decode_all_ways(std::string_view bytes) {
  const Decoded whole = decode(bytes);
  std::vector<size_t> each_byte;
  for (size_t at = 1; at < bytes.size(); ++at) {
    CHECK(decode(bytes, {at}) == whole);
    each_byte.push_back(at);
  }
  CHECK(decode(bytes, each_byte) == whole);
  return whole;
}

TEST_CASE("well-formed chunked bodies decode", "[chunked]") {
  struct Case {
    std::string encoded, body;
  };
  const std::vector<Case> cases = {
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
      {"A\r\n0123456789\r\n00\r\n\r\n", "0123456789"},
      {"a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"0000000000000002\r\n\r\n\r\n0000000000000000\r\n\r\n", "\r\n"},
      {"3;name=value;flag\r\nabc\r\n0;end\r\n\r\n", "abc"},
      {"3;q=\"a;b \\\" \\\\ c\"\r\nabc\r\n0\r\n\r\n", "abc"},
      {"3\r\nabc\r\n0\r\nX-Sum: 1\r\nEmpty:\r\n\r\n", "abc"},
      {"3\r\n\0\x80\xff\r\n0\r\n\r\n"s, "\0\x80\xff"s},
  };
  for (const Case& each : cases) {
    INFO(each.encoded);
    const Decoded decoded = decode_all_ways(each.encoded);
    CHECK(decoded.is_done);
    CHECK(decoded.body == each.body);
    CHECK(decoded.consumed == each.encoded.size());
  }
}

TEST_CASE("what follows a chunked body stays for the next request", "[chunked]") {
  const std::string body = "2\r\nhi\r\n0\r\nX: y\r\n\r\n";
  const Decoded decoded = decode_all_ways(body + "GET / HTTP/1.1\r\n");
  CHECK(decoded.is_done);
  CHECK(decoded.body == "hi");
  CHECK(decoded.consumed == body.size());
}

TEST_CASE("malformed chunked bodies are refused", "[chunked]") {
  const std::vector<std::string> cases = {
      "\r\n0\r\n\r\n",     // no size
      ";x\r\n",            // no size, but an extension
      "g\r\n",             // no hexadecimal digit
      "0x5\r\nhello\r\n",  // a prefix
      "-5\r\nhello\r\n",   // a sign
      "+5\r\nhello\r\n",
      " 5\r\nhello\r\n",  // blanks around
      "5 \r\nhello\r\n",
      "5 ;x\r\nhello\r\n",
      "5\nhello\r\n",  // LF alone
      "5\rhello\r\n",  // CR alone
      "5\r\rhello",
      "5\r\nhello\n0\r\n\r\n",     // data that ends in LF alone
      "5\r\nhello!\r\n0\r\n\r\n",  // data longer than its size
      "5\r\nhell\r\n0\r\n\r\n",    // data shorter than its size
      "5\r\nhello0\r\n\r\n",       // no CRLF behind the data
      "5\r\nhello\r0\r\n\r\n",
      "00000000000000005\r\nhello\r\n",  // 17 digits
      "ffffffffffffffff\r\n",            // 64 bits
      "8000000000000000\r\n",            // more than 63 bits
      "5;a\nhello\r\n",                  // LF within an extension
      "5;a\rb\r\nhello\r\n",             // CR within an extension
      "5;a=\"x\r\n\"\r\nhello\r\n",      // CRLF within quotes
      "5;a=\"x\n\"\r\nhello\r\n",
      "5;a=\"x\\\n\"\r\nhello\r\n",  // an escaped LF
      "5;\0\r\nhello\r\n"s,          // a control character
      "5;a=(b)\r\nhello\r\n",        // what only quotes may hold
      "5;" + std::string(300, 'a') + "\r\nhello\r\n",
      "0\r\n x: y\r\n\r\n",   // a folded trailer
      "0\r\nx y: z\r\n\r\n",  // a trailer's name with a blank
      "0\r\nx : z\r\n\r\n",
      "0\r\n: z\r\n\r\n",
      "0\r\nnonsense\r\n\r\n",
      "0\r\nx: a\nb\r\n\r\n",
      "0\r\nx: a\0b\r\n\r\n"s,
      "0\r\nx: a\rb\r\n\r\n",
      "0\r\n\n",
      "0\r\n\rX",
      "0\r\nx: " + std::string(9000, 'a') + "\r\n\r\n",
      "0\nGET / HTTP/1.1\r\n\r\n",
  };
  for (const std::string& encoded : cases) {
    INFO(encoded);
    CHECK(decode_all_ways(encoded).is_error);
  }
}

TEST_CASE("extensions are bounded over the whole body", "[chunked]") {
  std::string encoded;
  for (int i = 0; i < 70; ++i) encoded += "1;" + std::string(254, 'x') + "\r\na\r\n";
  CHECK(decode(encoded).is_error);
  encoded.resize(encoded.size() / 2 / 263 * 263);
  CHECK_FALSE(decode(encoded).is_error);
}

TEST_CASE("a broken decoder stays broken", "[chunked]") {
  ChunkedDecoder decoder;
  std::string out;
  CHECK_FALSE(decoder.feed("x", out));
  CHECK_FALSE(decoder.feed("0\r\n\r\n", out));
  CHECK_FALSE(decoder.is_done());
}

TEST_CASE("an unfinished body asks for more", "[chunked]") {
  const std::string encoded = "5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (size_t size = 0; size < encoded.size(); ++size) {
    const Decoded decoded = decode(std::string_view(encoded).substr(0, size));
    CHECK_FALSE(decoded.is_error);
    CHECK_FALSE(decoded.is_done);
    CHECK(decoded.consumed == size);
  }
}

TEST_CASE("random bodies come out as they went in, in any pieces", "[chunked]") {
  std::mt19937 random(20);
  for (int round = 0; round < 300; ++round) {
    std::string body;
    std::string encoded;
    for (auto chunks = random() % 6; chunks > 0; --chunks) {
      std::string chunk(1 + random() % 40, '\0');
      for (char& c : chunk) c = static_cast<char>(random());
      constexpr std::string_view kDigits = "0123456789abcdef";
      encoded += kDigits[chunk.size() / 16];
      encoded += kDigits[chunk.size() % 16];
      encoded += "\r\n" + chunk + "\r\n";
      body += chunk;
    }
    encoded += "0\r\n\r\n";
    std::vector<size_t> splits;
    for (size_t at = random() % 9; at < encoded.size(); at += 1 + random() % 9)
      splits.push_back(at);
    const Decoded decoded = decode(encoded + "next", splits);
    REQUIRE(decoded.is_done);
    REQUIRE(decoded.body == body);
    REQUIRE(decoded.consumed == encoded.size());
  }
}

}  // namespace
}  // namespace chatgate
