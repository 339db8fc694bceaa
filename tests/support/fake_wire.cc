#include "tests/support/fake_wire.h"

#include <algorithm>
#include <array>

namespace chatgate {
namespace {

constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kExtra = "further bytes that belong to nothing\r\n";

// What OpenAI sends with every answer, and a field that must stop at a gateway.
FakeHeaders common_headers(const FakeAnswer& answer, const FakeBehaviour& behaviour) {
  FakeHeaders headers = {{"content-type", answer.content_type},
                         {"openai-organization", "fake-org"},
                         {"openai-processing-ms", "7"},
                         {"openai-version", "2020-10-01"},
                         {"x-request-id", "req_of_the_upstream"},
                         {"keep-alive", "timeout=75"},
                         {"connection", breaks_connection(behaviour) ? "close" : "keep-alive"}};
  headers.insert(headers.end(), answer.headers.begin(), answer.headers.end());
  if (behaviour.has("giant-head")) headers.emplace_back("x-giant", std::string(400'000, 'g'));
  if (behaviour.has("gzip")) headers.emplace_back("content-encoding", "gzip");
  if (behaviour.has("trailers")) headers.emplace_back("trailer", "x-checksum");
  return headers;
}

std::string chunked_body(const std::string& body, const FakeBehaviour& behaviour) {
  if (behaviour.has("bad-chunk")) return "zz\r\n" + body + "\r\n" + std::string(kLastChunk);
  if (behaviour.has("cut-chunk")) return chunk_of(body).substr(0, body.size() / 2 + 4);
  const size_t half = body.size() / 2;
  if (behaviour.has("cut-event")) return chunk_of(body.substr(0, half));
  // A chunk of no bytes would be the last one.
  std::string chunks = half == 0 ? "" : chunk_of(body.substr(0, half));
  if (body.size() > half) chunks += chunk_of(body.substr(half));
  if (behaviour.has("no-last-chunk")) return chunks;
  return chunks +
         (behaviour.has("trailers") ? "0\r\nx-checksum: 1234\r\n\r\n" : std::string(kLastChunk));
}

}  // namespace

bool breaks_connection(const FakeBehaviour& behaviour) {
  constexpr std::array<std::string_view, 13> kBreaking = {
      "reset",         "close",       "garbage",   "half-head", "long-length",
      "short-length",  "cut-chunk",   "cut-event", "bad-chunk", "extra",
      "no-last-chunk", "until-close", "giant-head"};
  return std::any_of(kBreaking.begin(), kBreaking.end(),
                     [&](std::string_view word) { return behaviour.has(word); });
}

std::string bytes_of_plain_answer(const FakeAnswer& answer, const FakeBehaviour& behaviour,
                                  bool is_head) {
  std::string body = behaviour.has("empty")          ? ""
                     : behaviour.has("garbage-json") ? answer.body.substr(0, 40) + "<oops"
                                                     : answer.body;
  if (behaviour.has("gzip")) body = gzip_of(body);
  FakeHeaders headers = common_headers(answer, behaviour);
  const bool is_chunked = behaviour.has("chunked") || behaviour.has("trailers") ||
                          behaviour.has("cut-chunk") || behaviour.has("cut-event") ||
                          behaviour.has("bad-chunk") || behaviour.has("no-last-chunk");
  if (is_chunked) {
    headers.emplace_back("transfer-encoding", "chunked");
    body = chunked_body(body, behaviour);
  } else if (!behaviour.has("until-close")) {
    size_t length = body.size();
    if (behaviour.has("long-length")) length += 100;
    if (behaviour.has("short-length")) length -= std::min<size_t>(length, 10);
    headers.emplace_back("content-length", std::to_string(length));
  }
  if (behaviour.has("extra")) body += kExtra;
  return head_of_answer(answer.status, headers) + (is_head ? "" : body);
}

std::string head_of_stream(const FakeAnswer& answer, const FakeBehaviour& behaviour) {
  FakeHeaders headers = common_headers(answer, behaviour);
  headers.emplace_back("cache-control", "no-cache");
  if (!behaviour.has("until-close")) headers.emplace_back("transfer-encoding", "chunked");
  return head_of_answer(answer.status, headers);
}

bool write_pieces(const FakeConnection& connection, std::string_view bytes,
                  const FakeBehaviour& behaviour) {
  const size_t piece = behaviour.has("bytes") ? 1 : std::max<size_t>(bytes.size(), 1);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    if (!connection.write(bytes.substr(at, piece))) return false;
  }
  return true;
}

bool StreamWriter::write_event(const std::string& event) const {
  if (behaviour_.has("comments") && !write_chunk(with_line_ends(": ping\n\n:\n"))) return false;
  return write_chunk(with_line_ends(event));
}

bool StreamWriter::write_all(const std::vector<std::string>& events) const {
  std::string text;
  for (const std::string& event : events) text += with_line_ends(event);
  if (behaviour_.has("gzip")) text = gzip_of(text);
  return connection_.write(
      behaviour_.has("until-close") ? text : chunk_of(text) + std::string(kLastChunk));
}

bool StreamWriter::ends_in_the_middle() const {
  constexpr std::array<std::string_view, 5> kWords = {"cut-chunk", "cut-event", "end-early",
                                                      "bad-chunk", "error-mid"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [this](std::string_view word) { return behaviour_.has(word); });
}

bool StreamWriter::end_in_the_middle(const std::string& event) const {
  if (behaviour_.has("cut-chunk")) {
    return connection_.write(chunk_of(event).substr(0, event.size() / 2));
  }
  if (behaviour_.has("cut-event")) return write_chunk(event.substr(0, event.size() / 2));
  if (behaviour_.has("bad-chunk")) return connection_.write("zz\r\n" + event + "\r\n");
  if (behaviour_.has("error-mid")) {
    const std::string error =
        R"({"error":{"message":"the fake upstream failed in mid-stream","type":"server_error",)"
        R"("param":null,"code":null}})";
    if (!write_chunk(with_line_ends("data: " + error + "\n\n"))) return false;
  }
  return end();
}

bool StreamWriter::end() const {
  if (behaviour_.has("until-close") || behaviour_.has("no-last-chunk")) return true;
  const std::string last =
      behaviour_.has("trailers") ? "0\r\nx-checksum: 1234\r\n\r\n" : std::string(kLastChunk);
  return connection_.write(last + std::string(behaviour_.has("extra") ? kExtra : ""));
}

std::string StreamWriter::with_line_ends(const std::string& event) const {
  if (!behaviour_.has("cr") && !behaviour_.has("crlf")) return event;
  std::string text;
  for (const char c : event) {
    if (c != '\n') {
      text += c;
    } else {
      text += behaviour_.has("cr") ? "\r" : "\r\n";
    }
  }
  return text;
}

bool StreamWriter::write_chunk(std::string_view bytes) const {
  const size_t piece = behaviour_.has("bytes") ? 1 : std::max<size_t>(bytes.size(), 1);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const std::string_view part = bytes.substr(at, piece);
    if (!connection_.write(behaviour_.has("until-close") ? std::string(part) : chunk_of(part))) {
      return false;
    }
  }
  return true;
}

}  // namespace chatgate
