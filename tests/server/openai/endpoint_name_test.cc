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

TEST_CASE("a path that leads nowhere has a bounded name without a token", "[endpoint_name]") {
  CHECK(unknown_path_name("/wp-admin/setup.php") == "/wp-admin/setup.php");
  CHECK(unknown_path_name("/sk-cg-0123456789012345678901234567890123456789012/v1") == "/{id}/v1");
  CHECK(unknown_path_name("/sk-1/x") == "/{id}/x");
  CHECK(unknown_path_name("/" + std::string(100'000, 'a')) == "/{id}");
  CHECK(unknown_path_name("/a/b/c/d/e/f") == "/a/b/c/d/...");
  CHECK(unknown_path_name("") == "");
}

}  // namespace
}  // namespace chatgate
