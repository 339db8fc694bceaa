#include "common/result.h"

#include <array>
#include <cassert>

namespace chatgate {
namespace {

// In the order of ErrorCode. Exit statuses: 1 failure, 2 usage, 3 not found, 4 refused by a rule,
// 5 store unavailable, 130 interrupted (128 + SIGINT, as shells count).
constexpr std::array<ErrorTraits, 32> kTraits{{
    {400, "invalid_request_error", "", 1},                            // kInvalidRequest
    {400, "invalid_request_error", "", 2},                            // kInvalidArgument
    {401, "invalid_request_error", "invalid_api_key", 4},             // kMissingToken
    {401, "invalid_request_error", "invalid_api_key", 4},             // kInvalidToken
    {403, "invalid_request_error", "account_blocked", 4},             // kUserBlocked
    {403, "invalid_request_error", "address_not_allowed", 4},         // kAddressNotAllowed
    {400, "invalid_request_error", "model_not_priced", 4},            // kModelNotPriced
    {403, "invalid_request_error", "model_not_allowed", 4},           // kModelNotAllowed
    {403, "invalid_request_error", "endpoint_not_metered", 4},        // kEndpointNotMetered
    {429, "rate_limit_error", "rate_limit_exceeded", 4},              // kRateLimited
    {429, "insufficient_quota", "insufficient_quota", 4},             // kInsufficientQuota
    {404, "invalid_request_error", "not_found", 3},                   // kNotFound
    {405, "invalid_request_error", "method_not_allowed", 2},          // kMethodNotAllowed
    {411, "invalid_request_error", "length_required", 2},             // kLengthRequired
    {408, "invalid_request_error", "request_timeout", 1},             // kRequestTimeout
    {413, "invalid_request_error", "request_too_large", 2},           // kBodyTooLarge
    {414, "invalid_request_error", "uri_too_long", 2},                // kUriTooLong
    {431, "invalid_request_error", "headers_too_large", 2},           // kHeadersTooLarge
    {415, "invalid_request_error", "unsupported_media_type", 2},      // kUnsupportedMediaType
    {502, "api_error", "upstream_unreachable", 1},                    // kUpstreamUnreachable
    {504, "api_error", "upstream_timeout", 1},                        // kUpstreamTimeout
    {502, "api_error", "upstream_error", 1},                          // kUpstreamBroken
    {429, "rate_limit_error", "rate_limit_exceeded", 1},              // kUpstreamBusy
    {505, "invalid_request_error", "http_version_not_supported", 2},  // kHttpVersionNotSupported
    {503, "api_error", "overloaded", 1},                              // kOverloaded
    {503, "api_error", "ended_by_administrator", 1},                  // kEndedByAdministrator
    {409, "invalid_request_error", "already_exists", 4},              // kAlreadyExists
    {403, "invalid_request_error", "refused", 4},                     // kRefused
    {503, "api_error", "store_unavailable", 5},                       // kStoreUnavailable
    {500, "api_error", "internal_error", 1},                          // kSystem
    {500, "api_error", "internal_error", 130},                        // kInterrupted
    {500, "api_error", "internal_error", 1},                          // kInternal
}};
static_assert(kTraits.size() == static_cast<size_t>(ErrorCode::kInternal) + 1);

}  // namespace

const ErrorTraits& traits_of(ErrorCode code) { return kTraits.at(static_cast<size_t>(code)); }

}  // namespace chatgate
