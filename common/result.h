// Failures as values. Every fault that a client, an upstream or a person at the shell can cause is
// an `Error`; broken invariants assert instead. Usable from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace chatgate {

enum class ErrorCode : uint8_t {
  kInvalidRequest,   // broken JSON, a wrong parameter
  kInvalidArgument,  // a wrong word on the command line or in the configuration
  kMissingToken,     // no credentials at all
  kInvalidToken,     // unknown, expired, revoked
  kUserBlocked,
  kAddressNotAllowed,  // by the lists of addresses
  kModelNotPriced,
  kModelNotAllowed,
  kEndpointNotMetered,  // its cost would never be seen, so a prepaid account may not use it
  kRateLimited,
  kInsufficientQuota,
  kNotFound,
  kMethodNotAllowed,
  kLengthRequired,
  kRequestTimeout,
  kBodyTooLarge,
  kUriTooLong,
  kHeadersTooLarge,
  kUnsupportedMediaType,
  kUpstreamUnreachable,
  kUpstreamTimeout,
  kUpstreamBroken,  // it answered, but not in HTTP that can be relayed
  kUpstreamBusy,    // it refuses for its own limits, to a door that cannot relay that as it is
  kHttpVersionNotSupported,
  kOverloaded,  // connection limits, draining
  kEndedByAdministrator,
  kAlreadyExists,
  kRefused,           // a rule of the books forbids it
  kStoreUnavailable,  // the database cannot be read or written now
  kSystem,            // the operating system refuses: a port in use, an address not ours
  kInterrupted,       // Ctrl-C; nothing was changed
  kInternal,
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;            // for a person: what happened, with which value, what to do next
  std::string param = {};         // the request field at fault, empty when none
  int64_t retry_after_ms = -1;    // -1: no advice
  bool should_not_retry = false;  // answered as `x-should-retry: false`
  std::string subject = {};  // the value at fault where a client may be told it: a model's name
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string param = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(param)});
}

// How one kind of error appears in each of chatgate's languages.
struct ErrorTraits {
  int http_status;
  std::string_view type;  // OpenAI's error.type
  std::string_view code;  // OpenAI's error.code, empty for null
  int exit_status;        // of the command line; see the README's table
};

const ErrorTraits& traits_of(ErrorCode code);

}  // namespace chatgate
