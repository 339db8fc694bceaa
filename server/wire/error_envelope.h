// What the gateway itself says, in OpenAI's words. An Error: status, retry headers and the JSON
// envelope (platform.openai.com/docs/guides/error-codes). Pure; any thread.
#pragma once

#include "common/result.h"
#include "server/transport/http_listener.h"

namespace chatgate {

// `{"error":{"message","type","param","code"}}` with the headers that steer an SDK's retries.
RenderedError render_openai_error(const Error& error);

// The same object alone, for an error event in a stream.
std::string openai_error_json(const Error& error);

// For a listener: errors as above, and on every answer `x-request-id` and, where it was processed,
// `openai-processing-ms`.
HttpDialect openai_dialect();

}  // namespace chatgate
