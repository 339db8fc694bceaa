#include "server/openai/endpoint_name.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("OpenAI's own words stay", "[endpoint_name]") {
  CHECK(endpoint_name("/v1/chat/completions") == "/v1/chat/completions");
  CHECK(endpoint_name("/v1/audio/transcriptions") == "/v1/audio/transcriptions");
  CHECK(endpoint_name("/v1/responses") == "/v1/responses");
}

TEST_CASE("what a client made up does not", "[endpoint_name]") {
  CHECK(endpoint_name("/v1/files/file-abc/content") == "/v1/files/{id}/content");
  CHECK(endpoint_name("/v1/responses/resp_1/cancel") == "/v1/responses/{id}/cancel");
  CHECK(endpoint_name("/v1/chat/sk-secret") == "/v1/chat/{id}");
  CHECK(endpoint_name("/v1/sk-secret") == "/v1/other");
  CHECK(endpoint_name("/v1/sk-secret/completions") == "/v1/other");
  CHECK(endpoint_name("/v1/files/a/b/c/d/e/f/g") == "/v1/other");
}

}  // namespace
}  // namespace chatgate
