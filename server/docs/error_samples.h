// One example of each error that a door's clients can meet, for the API's description. Plain data;
// any thread.
#pragma once

#include <span>
#include <string_view>

#include "common/result.h"

namespace chatgate {

struct ErrorSample {
  ErrorCode code;
  std::string_view meaning;  // when it comes, for the list of a status
  std::string_view message;  // as a client reads it in English
  std::string_view param = {};
  std::string_view subject = {};
  int64_t retry_after_ms = -1;
  bool needs_body = false;  // only of requests that bear one
};

std::span<const ErrorSample> error_samples();
// By its name (error_name); null when there is none.
const ErrorSample* find_error_sample(std::string_view name);
Error error_of(const ErrorSample& sample);

}  // namespace chatgate
