#include "server/json/json_object.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("only an object is one", "[json_object]") {
  CHECK(parse_json_object(R"( {"a":[1,{"b":null}]} )"));
  for (const char* text : {"", "[]", "7", "\"a\"", "{", "{}}", "{\"a\":\"\xff\"}", "nul"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_json_object(text));
  }
}

TEST_CASE("depth and members are bounded, wherever they stand", "[json_object]") {
  const auto nested = [](int depth) {
    return "{\"a\":" + repeated("[", depth - 1) + repeated("]", depth - 1) + "}";
  };
  CHECK(parse_json_object(nested(32)));
  CHECK_FALSE(parse_json_object(nested(33)));
  CHECK_FALSE(parse_json_object(nested(100'000)));
  const auto members = [](int count) {
    std::string object = "{";
    for (int i = 0; i < count; ++i) object += "\"k" + std::to_string(i) + "\":0,";
    return object + "\"x\":{}}";
  };
  CHECK(parse_json_object(members(127)));
  CHECK_FALSE(parse_json_object(members(128)));
  CHECK_FALSE(parse_json_object("{\"a\":[" + members(128) + "]}"));
  CHECK(parse_json_object("{\"a\":[" + repeated(R"({"role":"user","content":"x"},)", 10'000) +
                          "0]}"));
  CHECK_FALSE(parse_json_object("{\"a\":[" + repeated("{},", 100'000) + "0]}"));
}

TEST_CASE("members are read by their types", "[json_object]") {
  const auto object = parse_json_object(
      R"({"t":"x","n":7,"f":0.5,"null":null,"big":9223372036854775808,"neg":-1})");
  REQUIRE(object);
  CHECK(text_member(*object, "t") == "x");
  CHECK(text_member(*object, "null") == "");
  CHECK(text_member(*object, "none") == "");
  CHECK_FALSE(text_member(*object, "n"));
  CHECK(integer_member(*object, "n", 1, 7).value() == 7);
  CHECK_FALSE(integer_member(*object, "none", 1, 7).value());
  for (const char* name : {"t", "f", "big", "neg"})
    CHECK_FALSE(integer_member(*object, name, 0, 9));
  CHECK(number_member(*object, "f", 0, 1)->get<double>() == 0.5);
  CHECK(number_member(*object, "none", 0, 1)->is_null());
  CHECK_FALSE(number_member(*object, "n", 0, 1));
}

TEST_CASE("text is written in UTF-8, whatever it is", "[json_object]") {
  CHECK(json_string("\u4f60\n\"") == "\"\u4f60\\n\\\"\"");
  CHECK(json_string("a\xff") == "\"a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace chatgate
