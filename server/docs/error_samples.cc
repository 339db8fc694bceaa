#include "server/docs/error_samples.h"

#include <array>
#include <string>

#include "common/messages/messages.h"

namespace chatgate {
namespace {

using enum ErrorCode;

constexpr std::array kSamples{
    ErrorSample{.code = kInvalidRequest,
                .meaning = "broken JSON, a member that is missing or wrong",
                .message = "the request's body is not valid JSON",
                .needs_body = true},
    ErrorSample{.code = kModelNotPriced,
                .meaning = "the model has no price in force",
                .message = "the model `gpt-9` has no price here and cannot be used; ask the "
                           "administrator",
                .param = "model",
                .subject = "gpt-9"},
    ErrorSample{.code = kMissingToken,
                .meaning = "no token",
                .message = "you did not provide an API token; send it as `Authorization: Bearer "
                           "TOKEN`"},
    ErrorSample{.code = kInvalidToken,
                .meaning = "a token that is unknown, expired or revoked",
                .message = "incorrect API token provided"},
    ErrorSample{.code = kUserBlocked,
                .meaning = "the account is blocked",
                .message = "this account is blocked; ask the administrator"},
    ErrorSample{.code = kAddressNotAllowed,
                .meaning = "the client's address may not come in",
                .message = "the address 192.0.2.7 may not come in; ask the administrator"},
    ErrorSample{.code = kModelNotAllowed,
                .meaning = "this token may not use the model",
                .message = "this API token may not use the model `gpt-4o`",
                .param = "model",
                .subject = "gpt-4o"},
    ErrorSample{.code = kEndpointNotMetered,
                .meaning = "what it costs would not be seen, and the account is prepaid",
                .message = "what /v1/batches costs cannot be charged to a prepaid account; ask the "
                           "administrator"},
    ErrorSample{
        .code = kRefused, .meaning = "a rule forbids it", .message = "this is not allowed here"},
    ErrorSample{.code = kNotFound,
                .meaning = "there is no such thing",
                .message = "there is no such thing",
                .subject = "this"},
    ErrorSample{.code = kMethodNotAllowed,
                .meaning = "this path does not know the method; `Allow` has those that it knows",
                .message = "the method TRACE is not allowed here; use those in Allow"},
    ErrorSample{.code = kRequestTimeout,
                .meaning = "the body did not arrive in time",
                .message = "the request's body did not arrive in time",
                .needs_body = true},
    ErrorSample{.code = kAlreadyExists,
                .meaning = "the name is taken",
                .message = "the name arvin is taken; choose another one",
                .subject = "arvin"},
    ErrorSample{.code = kLengthRequired,
                .meaning = "the body comes without a length",
                .message = "the request needs a Content-Length or a chunked body",
                .needs_body = true},
    ErrorSample{.code = kBodyTooLarge,
                .meaning = "the body is too large",
                .message = "the request's body is too large",
                .needs_body = true},
    ErrorSample{.code = kUnsupportedMediaType,
                .meaning = "a form without a boundary",
                .message = "the form's Content-Type names no boundary",
                .needs_body = true},
    ErrorSample{.code = kRateLimited,
                .meaning = "a limit of the token, its account or the address; `Retry-After` says "
                           "when the request passes",
                .message = "too many requests from your address: 3 per minute are allowed",
                .retry_after_ms = 20'000},
    ErrorSample{.code = kInsufficientQuota,
                .meaning = "the balance or the budget is used up or reserved",
                .message = "the account's balance is used up; ask the administrator"},
    ErrorSample{.code = kUpstreamBusy,
                .meaning = "the model's server is busy",
                .message = "the model's server is busy; try again in 7 s",
                .retry_after_ms = 7'000},
    ErrorSample{
        .code = kInternal, .meaning = "a fault of the gateway itself", .message = "internal error"},
    ErrorSample{.code = kUpstreamUnreachable,
                .meaning = "no upstream could be reached",
                .message = "the model's server cannot be reached; try again later"},
    ErrorSample{.code = kUpstreamBroken,
                .meaning = "the upstream broke off or gave no usable answer",
                .message = "the model's server broke off its answer; try again"},
    ErrorSample{.code = kOverloaded,
                .meaning = "too many connections",
                .message = "the service is too busy; try again later",
                .retry_after_ms = 1'000},
    ErrorSample{.code = kEndedByAdministrator,
                .meaning = "the administrator has ended the request",
                .message = "the administrator has ended this request"},
    ErrorSample{.code = kStoreUnavailable,
                .meaning = "the books cannot be written, so nothing is sent upstream",
                .message = "the database cannot be used at the moment; try again later"},
    ErrorSample{.code = kUpstreamTimeout,
                .meaning = "the upstream was too slow",
                .message = "the model's server did not answer in time; try again later"},
};

}  // namespace

std::span<const ErrorSample> error_samples() { return kSamples; }

const ErrorSample* find_error_sample(std::string_view name) {
  for (const auto& sample : kSamples) {
    if (error_name(sample.code) == name) return &sample;
  }
  return nullptr;
}

Error error_of(const ErrorSample& sample) {
  Error error{sample.code, std::string(sample.message), std::string(sample.param)};
  error.subject = sample.subject;
  error.retry_after_ms = sample.retry_after_ms;
  return error;
}

}  // namespace chatgate
