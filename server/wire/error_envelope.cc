#include "server/wire/error_envelope.h"

#include <nlohmann/json.hpp>

#include "common/domain/usage_record.h"

namespace chatgate {

std::string openai_error_json(const Error& error) {
  const auto& traits = traits_of(error.code);
  nlohmann::ordered_json body;
  auto& envelope = body["error"];
  envelope["message"] = error.message;
  envelope["type"] = traits.type;
  envelope["param"] = nullptr;
  envelope["code"] = nullptr;
  if (!error.param.empty()) envelope["param"] = error.param;
  if (!traits.code.empty()) envelope["code"] = traits.code;
  // Messages may quote what a client sent; broken UTF-8 in it must not break the answer.
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

RenderedError render_openai_error(const Error& error) {
  RenderedError rendered;
  rendered.status = traits_of(error.code).http_status;
  rendered.headers.emplace_back("Content-Type", "application/json");
  if (error.retry_after_ms >= 0) {
    rendered.headers.emplace_back("Retry-After",
                                  std::to_string((error.retry_after_ms + 999) / 1000));
    rendered.headers.emplace_back("Retry-After-Ms", std::to_string(error.retry_after_ms));
  }
  if (error.should_not_retry) rendered.headers.emplace_back("X-Should-Retry", "false");
  if (rendered.status == 401) rendered.headers.emplace_back("WWW-Authenticate", "Bearer");
  rendered.body = openai_error_json(error);
  return rendered;
}

HttpDialect openai_dialect() {
  const auto render = [](const Error& error, std::string_view) {
    return render_openai_error(error);
  };
  return {render, [](RequestId id, int64_t processing_ms) {
            HeaderList headers{{"x-request-id", format_request_id(id)}};
            if (processing_ms >= 0) {
              headers.emplace_back("openai-processing-ms", std::to_string(processing_ms));
            }
            return headers;
          }};
}

}  // namespace chatgate
