#include "common/config/environment.h"

#include <catch2/catch_all.hpp>

#include "tests/support/temp_folder.h"

using namespace chatgate;

TEST_CASE(".env is read as other programs read it") {
  const TempFolder folder;
  folder.write(".env",
               "# a comment\n"
               "\n"
               "PLAIN=value # remark\n"
               "export EXPORTED = spaced out \r\n"
               "HASH=a#b\n"
               "SINGLE='as $it \\n is # here'\n"
               "DOUBLE=\"two\\nlines \\\"quoted\\\"\" # remark\n"
               "MANY=\"first\n"
               "second\"\n"
               "EMPTY=\n"
               "URL=https://u:p@host/?a=b");
  const auto environment = read_dot_env(".env");
  REQUIRE(environment);
  CHECK(*environment == Environment{{"PLAIN", "value"},
                                    {"EXPORTED", "spaced out"},
                                    {"HASH", "a#b"},
                                    {"SINGLE", "as $it \\n is # here"},
                                    {"DOUBLE", "two\nlines \"quoted\""},
                                    {"MANY", "first\nsecond"},
                                    {"EMPTY", ""},
                                    {"URL", "https://u:p@host/?a=b"}});
}

TEST_CASE("a .env that cannot be read names its line") {
  const TempFolder folder;
  for (const char* text : {"A=1\nB=2\nno assignment\n", "A=1\n\n=value\n", "\n\nX='open\n"}) {
    folder.write(".env", text);
    const auto environment = read_dot_env(".env");
    REQUIRE_FALSE(environment);
    CHECK_THAT(environment.error().message, Catch::Matchers::ContainsSubstring(".env line 3"));
  }
}

TEST_CASE("no .env, or a folder of that name, is an empty one") {
  const TempFolder folder;
  CHECK(read_dot_env(".env")->empty());
  std::filesystem::create_directory(".env");
  CHECK(read_dot_env(".env")->empty());
}
