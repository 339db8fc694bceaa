// The name under which a path goes into the books and the logs. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace chatgate {

// "/v1/files/{id}/content" for "/v1/files/file-abc/content": OpenAI's own words stay, whatever a
// client made up becomes `{id}`, and a path that is none of OpenAI's "/v1/other". So the names are
// few, and nothing that a client pastes into a path is ever kept. `path` is canonical, below /v1.
std::string endpoint_name(std::string_view path);

// A path that leads nowhere, for the access log: bounded, and without whatever is long enough to be
// a token. `path` is canonical.
std::string unknown_path_name(std::string_view path);

}  // namespace chatgate
