// What the two processes of a takeover say to each other: the one that has served the database so
// far, the predecessor, and its successor. Lines of JSON over the control socket's connection,
// which outlives the takeover until the predecessor has finished its last request. Pure; any
// thread.
//
//   successor                          predecessor
//   {"verb":"takeover",...}        ->                      as a control request
//                                  <-  offer               its lock and its listening sockets
//   ready                          ->                      all is loaded
//                                  <-  holds, charged ...  it admits nothing any more
//                                  <-  state
//   accepted                       ->                      they are held here
//                                  <-  go                  from now on the successor decides
//                                  <-  reserve, could_reserve, available, fix
//   answer                         ->                      one for each, in any order
//                                  <-  ended               durable, or nothing to book
//   stop                           ->                      the service is to end
//   bye                            <>                      before either leaves in order
//
// `abort` of either side before `go` means that nothing has changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/usage_record.h"
#include "common/result.h"

namespace chatgate {

// Raised whenever what is said changes its meaning.
inline constexpr int64_t kTakeoverProtocol = 1;

// A listening socket that comes with the message.
struct OfferedSocket {
  std::string name;           // "http"
  std::string configured;     // the address of the configuration, "127.0.0.1:0"
  std::string bound;          // "127.0.0.1:8080"
  bool is_activated = false;  // it came from a service manager, whatever the configuration says
};

struct LinkMessage {
  enum class Kind : uint8_t {
    kOffer,
    kReady,
    kHolds,
    kCharged,
    kState,
    kAccepted,
    kGo,
    kAbort,
    kReserve,
    kCouldReserve,
    kAvailable,
    kFix,
    kAnswer,
    kEnded,
    kStop,
    kBye,
  };

  Kind kind = Kind::kBye;
  std::vector<OfferedSocket> sockets = {};  // of kOffer
  std::vector<std::string> names = {};      // of kReady: the sockets that are taken over
  std::vector<Hold> holds = {};             // of kHolds and kEnded
  std::vector<UserId> users = {};           // of kCharged: read their balances anew
  int64_t lane = 0;                         // of kOffer: the successor's
  RequestId last_id = {};                   // of kState
  std::string reason = {};                  // of kAbort, for a person

  // Of questions and their answers. The number tells which one is answered.
  int64_t number = 0;
  Hold hold = {};  // what is asked; in an answer the amount, and the request if that was granted
  std::optional<Error> error = {};  // of an answer: refused
};

// Longer lists are sent in several messages.
inline constexpr size_t kLinkListMax = 1'000;
inline constexpr size_t kLinkLineBytesMax = 1 << 20;

std::string format_link_message(const LinkMessage& message);  // with its line feed
// kInvalidRequest for what is no message, amounts below zero and ids that none has.
Result<LinkMessage> parse_link_message(std::string_view line);

}  // namespace chatgate
