#include "common/text/csv.h"

#include <catch2/catch_all.hpp>
#include <random>

namespace chatgate {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Result<Rows> read_all(std::string_view text) {
  CsvReader reader(text);
  Rows rows;
  std::vector<std::string> row;
  while (true) {
    const auto more = reader.next(row);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return rows;
    rows.push_back(row);
  }
}

}  // namespace

TEST_CASE("tables are read as RFC 4180 says") {
  CHECK(read_all("a,b\r\n1,2\r\n") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(read_all("a,b\n1,2") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(read_all("\xef\xbb\xbf"
                 "a,b\n") == Rows{{"a", "b"}});
  CHECK(read_all("\"a,b\",\"c\"\"d\",\"e\r\nf\"\n") == Rows{{"a,b", "c\"d", "e\r\nf"}});
  CHECK(read_all("a,,\n,,b\n") == Rows{{"a", "", ""}, {"", "", "b"}});
  CHECK(read_all("\n\r\n a , b \n\n") == Rows{{" a ", " b "}});
  CHECK(read_all("a;b\n1,5;2\n") == Rows{{"a", "b"}, {"1,5", "2"}});
  CHECK(read_all("a\tb\n\"1\"\t2\n") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(read_all("\"a;b\",c\n") == Rows{{"a;b", "c"}});
  CHECK(read_all("a\rb,c\r") == Rows{{"a\rb", "c"}});
  CHECK(read_all("\"\"\n") == Rows{{""}});
  CHECK(read_all("").value().empty());
}

TEST_CASE("a table's faults are found with line and column") {
  CHECK(read_all("a,b\n1,\"2\n3").error().message ==
        "line 2, column 3: the quote that opens here is never closed");
  CHECK(read_all("a\n\"b\"c\n").error().message ==
        "line 2, column 4: text follows the end of a quoted field");
  CHECK(read_all("a\nb\"c\n").error().message.starts_with("line 2, column 2: "));
  CHECK_FALSE(read_all(std::string(1'001, ',')));
  CHECK_FALSE(read_all("\"" + std::string(2 << 20, 'x') + "\""));
  CHECK_FALSE(read_all(std::string(2 << 20, 'x')));
}

TEST_CASE("what is written with quotes comes back") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 2'000; ++round) {
    Rows rows(random() % 4 + 1);
    std::string text;
    for (auto& row : rows) {
      row.resize(random() % 4 + 1);
      for (auto& field : row) {
        for (size_t i = random() % 6; i > 0; --i) field += "a,;\t\"\r\n "[random() % 8];
        std::string quoted;
        for (const char c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        text += (&field == row.data() ? "\"" : ",\"") + quoted + "\"";
      }
      text += random() % 2 == 0 ? "\n" : "\r\n";
    }
    // A first line of one field has no delimiter that could be told.
    rows.insert(rows.begin(), {"x", "y"});
    INFO(text);
    REQUIRE(read_all("x,y\n" + text) == rows);
  }
}

TEST_CASE("a row knows its line") {
  CsvReader reader("a\n\"b\nc\"\n\nd\n");
  std::vector<std::string> row;
  REQUIRE(*reader.next(row));
  CHECK(reader.line() == 1);
  REQUIRE(*reader.next(row));
  CHECK(reader.line() == 2);
  REQUIRE(*reader.next(row));
  CHECK(reader.line() == 5);
}

}  // namespace chatgate
