#include "server/doors/model_settings.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("/model takes a name and numbers in hundredths", "[web]") {
  const auto settings = change_model_settings({}, "gpt-4o, 80,-50,0,2000");
  REQUIRE(settings);
  CHECK(settings->model == "gpt-4o");
  CHECK(settings->temperature == 80);
  CHECK(settings->presence_penalty == -50);
  CHECK(settings->frequency_penalty == 0);
  CHECK(settings->max_tokens == 2000);
  CHECK(read_model_settings(write_model_settings(*settings)) == *settings);
  CHECK(model_settings_words(*settings) == "gpt-4o,80,-50,0,2000");
}

TEST_CASE("/model resets with a dash and leaves what is not said", "[web]") {
  const ModelSettings before{"gpt-4o", 80, 10, 20, 2000};
  CHECK(change_model_settings(before, "-,-") == ModelSettings{{}, {}, 10, 20, 2000});
  CHECK(change_model_settings(before, "gpt-4o-mini") ==
        ModelSettings{"gpt-4o-mini", 80, 10, 20, 2000});
  const auto none = change_model_settings(before, "-,-,-,-,-");
  CHECK(none == ModelSettings{});
  CHECK(write_model_settings(*none).empty());
  CHECK(change_model_settings(before, model_settings_words({})) == ModelSettings{});
}

TEST_CASE("/model refuses what are no settings", "[web]") {
  for (const auto* words :
       {"", ",", "m,", "m,201", "m,-1", "m,0.8", "m,8x", "m,1,201", "m,1,1,-201", "m,1,1,1,0",
        "m,1,1,1,1,1", "m n", "m,99999999999999999999"}) {
    INFO(words);
    CHECK_FALSE(change_model_settings({}, words));
  }
}

TEST_CASE("settings that cannot be read are the defaults", "[web]") {
  for (const auto* text : {"", "[]", "{", "{\"model\":1,\"temperature\":\"x\",\"max_tokens\":0}"}) {
    CHECK(read_model_settings(text) == ModelSettings{});
  }
}

}  // namespace
}  // namespace chatgate
