#include "common/text/json_entries.h"

#include <catch2/catch_all.hpp>

#include "common/text/text_file.h"
#include "tests/support/temp_folder.h"

namespace chatgate {
namespace {

using nlohmann::json;

// The entries as one JSON text, and the fault behind them.
std::string entries_of(std::string_view text) {
  std::string seen;
  const auto read =
      for_each_json_entry(text,
                          [&](const std::string& name, const json& value) -> Result<void> {
                            seen += name + "=" + value.dump() + ";";
                            return {};
                          },
                          {});
  return read ? seen : read.error().message;
}

}  // namespace

TEST_CASE("entries come one by one, with numbers as they were written") {
  CHECK(entries_of(R"({"a": 1.50e-07, "b": [0.10, -2, 18446744073709551616], "c": null})") ==
        R"(a="1.50e-07";b=["0.10","-2","18446744073709551616"];c=null;)");
  CHECK(entries_of(R"([{"x": {"y": true}}, "text"])") == R"(={"x":{"y":true}};="text";)");
  CHECK(entries_of("\xef\xbb\xbf{\"a\":1}") == "a=\"1\";");
  CHECK(entries_of(R"({"a":1,"a":2})") == "a=\"1\";a=\"2\";");
  CHECK(entries_of("{}").empty());
}

TEST_CASE("what is no JSON is found with line and column") {
  CHECK(entries_of("{\n \"a\": tru\n}").starts_with("line 2, column "));
  CHECK(entries_of("{\n \"a\": [1, 2") ==
        "line 2, column 12: the text ends in the middle of its JSON");
  CHECK(entries_of("").find("ends in the middle") != std::string::npos);
  CHECK(entries_of("12").find("expected a list") != std::string::npos);
  CHECK(entries_of("{\"a\":{\"b\":1,\"b\":2}}").find("\"b\" is named twice") != std::string::npos);
  CHECK(entries_of("[1e999]").find("out of range") != std::string::npos);
  CHECK(entries_of("[" + std::string(100'000, '[')).find("32 levels") != std::string::npos);
  CHECK(entries_of("{} {}").starts_with("line 1, column "));
  CHECK(entries_of("{\"\xff\": 1}").starts_with("line 1, column "));
}

TEST_CASE("a long document reports how far it is and can be interrupted") {
  std::string text = "[";
  for (int i = 0; i < 400'000; ++i) text += "123456,";
  text += "0]";
  int64_t entries = 0;
  const auto visit = [&](const std::string&, const json&) -> Result<void> {
    ++entries;
    return {};
  };
  const auto read = for_each_json_entry(text, visit, [&](int64_t done, int64_t total) {
    CHECK(total == static_cast<int64_t>(text.size()));
    return done < 2'000'000;
  });
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::kInterrupted);
  CHECK(entries < 400'000);
}

TEST_CASE("files are read up to a bound") {
  const TempFolder folder;
  folder.write("text", "0123456789");
  CHECK(read_text_file("text", 10) == "0123456789");
  CHECK(read_text_file("text", 9).error().code == ErrorCode::kInvalidArgument);
  CHECK(read_text_file("none", 9).error().code == ErrorCode::kNotFound);
  CHECK(read_text_file(".", 9).error().code == ErrorCode::kInvalidArgument);
  CHECK(position_of("ab\nc", 3) == "line 2, column 1");
  CHECK(position_of("ab\nc", 99) == "line 2, column 2");
}

}  // namespace chatgate
