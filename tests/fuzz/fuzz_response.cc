// Upstreams' answers: what is read, the verdict and the end do not depend on the split.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/upstream/direct/response_reader.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using chatgate::ResponseReader;

struct Answer {
  bool is_broken = false;
  bool is_done = false;
  bool keeps_connection = false;
  std::string body = {};

  bool operator==(const Answer&) const = default;
};

Answer read(std::string_view bytes, size_t step, bool is_answer_to_head) {
  Answer answer;
  ResponseReader reader(is_answer_to_head);
  for (size_t at = 0; at < bytes.size(); at += step) {
    if (!reader.feed(bytes.substr(at, step), answer.body)) return {.is_broken = true};
  }
  answer.is_done = reader.is_done();
  if (answer.is_done) answer.keeps_connection = reader.keeps_connection();
  if (answer.is_done && !reader.has_head()) std::abort();
  if (!reader.end() && answer.is_done) std::abort();
  return answer;
}

}  // namespace

FUZZ_TARGET(response,
            "7HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
            "Connection: close\r\nX-A: b\r\n\r\n5\r\nhello\r\n0\r\n\r\n") {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool is_answer_to_head = data[0] % 16 == 0;
  const Answer whole = read(bytes, bytes.size() + 1, is_answer_to_head);
  if (!(read(bytes, 1, is_answer_to_head) == whole)) std::abort();
  if (!(read(bytes, data[0] % 64 + 1U, is_answer_to_head) == whole)) std::abort();
  return 0;
}
