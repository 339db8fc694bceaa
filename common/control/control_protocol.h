// What the administrator's shell may ask of a running gateway, and how it is answered: lines of
// JSON over a Unix-domain socket beside the database (control_path_of in
// common/store/open_store.h). Each connection bears one request line; the gateway answers with any
// number of lines and closes. Both ends bound lines and times. Pure; any thread.
//
//   {"verb":"list"}                  a line for each running request, then {"done":true}
//   {"verb":"kill","id":"req_..."}   the line of the request as it was, then {"done":true}
//   {"verb":"takeover","protocol":1} begins a conversation of its own (server/takeover)
//   whatever else                    {"error":{"code":"...","message":"..."}}
//
// A request's line: {"id","user_id","token_id","model","endpoint","upstream","state","elapsed_ms",
// "answer_bytes","hold"}, `hold` in the smallest parts of the account's unit. No secrets pass here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/domain/ids.h"
#include "common/domain/money.h"
#include "common/domain/usage_record.h"
#include "common/result.h"

namespace chatgate {

struct ControlRequest {
  enum class Verb : uint8_t { kList, kKill, kTakeover };
  Verb verb = Verb::kList;
  RequestId id = {};     // of kKill
  int64_t protocol = 0;  // of kTakeover
};

// A request that runs in the gateway.
struct RunningRequest {
  RequestId id;
  UserId user_id;
  TokenId token_id;
  std::string model;  // as the client named it; empty when it named none
  std::string endpoint;
  std::string upstream;  // empty before the first attempt
  // "waiting" for an upstream's answer, "retrying" after a pause, "answering", "streaming",
  // "draining" for a client that has left, "ending" on command, "settling".
  std::string state;
  int64_t elapsed_ms = 0;
  int64_t answer_bytes = 0;
  Money hold;

  Timestamp started_at() const { return {id.value >> kRequestIdTimeShift}; }
};

constexpr size_t kControlRequestBytesMax = 1024;
constexpr size_t kControlLineBytesMax = 64 << 10;

// All lines end with a line feed; the parsers take them with or without.
std::string format_control_request(const ControlRequest& request);
Result<ControlRequest> parse_control_request(std::string_view line);

std::string format_control_line(const RunningRequest& request);
std::string format_control_done();
std::string format_control_error(const Error& error);
// A running request, or nothing for the end of the answer. Failures: the gateway's own, or kSystem
// for a line that is none of the protocol's.
Result<std::optional<RunningRequest>> parse_control_line(std::string_view line);

}  // namespace chatgate
