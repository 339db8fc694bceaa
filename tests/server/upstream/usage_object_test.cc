#include "server/upstream/usage_object.h"

#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

namespace chatgate {
namespace {

TEST_CASE("what does not count tokens is no usage", "[usage]") {
  const std::vector<std::string> cases = {
      "{}",
      "null",
      "[]",
      "5",
      "",
      R"({"type":"duration","seconds":3})",
      R"({"type":"duration","seconds":3,"input_tokens":5})",
      R"({"prompt_tokens":null})",
      R"({"prompt_tokens":-1,"completion_tokens":5})",
      R"({"prompt_tokens":1.5,"completion_tokens":5})",
      R"({"prompt_tokens":1e3,"completion_tokens":5})",
      R"({"prompt_tokens":"5","completion_tokens":5})",
      R"({"prompt_tokens":true})",
      R"({"prompt_tokens":[5]})",
      R"({"prompt_tokens":{}})",
      R"({"prompt_tokens":9007199254740993})",
      R"({"prompt_tokens":99999999999999999999999})",
      R"({"prompt_tokens":5,"prompt_tokens_details":{"cached_tokens":-3}})",
      R"({"prompt_tokens":5,"completion_tokens_details":{"reasoning_tokens":"x"}})",
      R"({"prompt_tokens":5)",
      R"({"prompt_tokens":5,})",
      R"({"prompt_tokens" 5})",
      R"({"prompt_tokens":5}})",
      R"({"prompt_tokens":5,"x":nope})",
      R"({"prompt_tokens":5,"x":[)",
  };
  for (const std::string& json : cases) {
    INFO(json);
    CHECK_FALSE(parse_usage(json));
  }
}

}  // namespace
}  // namespace chatgate
