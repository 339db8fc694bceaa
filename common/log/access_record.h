// What the access log tells of one request. The transport makes one when a request's head has
// arrived, and route and pipeline fill it on their way; all on one loop's thread. Nothing of a
// prompt, an answer, a query, a header or a secret has a place in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/domain/ids.h"
#include "common/domain/money.h"

namespace chatgate {

struct AccessRecord {
  // Of texts that a client made up, no more than this is kept.
  static constexpr size_t kTextBytesMax = 128;

  RequestId id;
  Timestamp time;         // when the request's head was here, or when it was refused without one
  std::string_view door;  // static text; empty where no door leads
  std::string client;     // its address, behind the trusted proxies
  std::string method;     // empty when what came was no request
  std::string path;       // as the books name it
  std::string user;       // the account's name; empty for nobody
  std::string token;      // its prefix, and only of a valid one
  std::string model;
  std::string upstream;
  std::string trace_id;  // of the client's tracing; empty: none
  int status = 0;        // 0: nothing was answered
  bool stream = false;

  // As the books have them; 0 for a request that never got into them.
  int64_t prompt_tokens = 0;
  int64_t completion_tokens = 0;
  Money cost;
  std::string unit;  // empty for nobody
  bool estimated = false;
  // The books' word (completed, aborted, cut, failed), else what became of the exchange: completed,
  // aborted, failed, refused. Static text.
  std::string_view outcome;

  int64_t bytes_in = 0;        // head and body
  int64_t bytes_out = 0;       // the same of the answer, as far as the network took it
  int64_t first_byte_ms = -1;  // from `time` to the answer's first byte; -1: none was sent
  int64_t duration_ms = 0;     // from `time` to its last
  int64_t upstream_ms = -1;    // waited for upstreams to begin an answer; -1: none was asked
};

// The record's line: one JSON object with every field, whatever is known of it, and a line feed.
std::string format_access_line(const AccessRecord& record);

}  // namespace chatgate
