// The description of the API in OpenAPI 3.1 (spec.openapis.org/oas/v3.1.0), put together from the
// table of routes: a route's row names the text that describes its operations, and its door says
// what their errors look like. Pure; any thread, with a stack that is not a coroutine's.
//
// A description is JSON: `paths` and the `schemas`, `parameters`, `requestBodies`, `responses` and
// `securitySchemes` that they refer to, in OpenAPI's words; `tag`, under which the operations are
// shown; `name`, with which the names of its responses begin; `error`, the schema of the door's
// envelope. `security` and `errors` (names as error_name has them) are those of all operations that
// have none of their own. A text that is `$model` or `$embedding_model` stands for a model that can
// be asked here.
#pragma once

#include <nlohmann/json.hpp>

#include "common/config/config.h"

namespace chatgate {

// Of the doors that the configuration opens. Nothing else of it can be read out of the answer but
// the door platform's path, the default model and who may do without a token.
nlohmann::ordered_json describe_api(const Config& config);

}  // namespace chatgate
