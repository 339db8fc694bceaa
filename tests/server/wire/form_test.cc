#include "server/wire/form.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

using Fields = std::map<std::string, std::string>;

TEST_CASE("forms and queries are read", "[form]") {
  CHECK(parse_form("").empty());
  CHECK(parse_form("prompt=Hi+there&model=x") == Fields{{"model", "x"}, {"prompt", "Hi there"}});
  CHECK(parse_form("a%26b=%3d%E4%BD%A0") == Fields{{"a&b", "=\u4f60"}});
  CHECK(parse_form("a=1&a=2") == Fields{{"a", "1"}});
  CHECK(parse_form("&&a&=b&") == Fields{{"", "b"}, {"a", ""}});
  CHECK(parse_form("a=b=c") == Fields{{"a", "b=c"}});
}

TEST_CASE("a form has a bounded number of fields", "[form]") {
  std::string text = "prompt=Hi";
  for (int i = 0; i < 100'000; ++i) text += "&f" + std::to_string(i);
  const auto fields = parse_form(text);
  CHECK(fields.size() < 1'000);
  CHECK(fields.at("prompt") == "Hi");
}

TEST_CASE("broken escapes stand for themselves", "[form]") {
  CHECK(parse_form("a=100%") == Fields{{"a", "100%"}});
  CHECK(parse_form("a=%2") == Fields{{"a", "%2"}});
  CHECK(parse_form("a=%zz%-1") == Fields{{"a", "%zz%-1"}});
}

}  // namespace
}  // namespace chatgate
