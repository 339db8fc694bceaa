#include "cli/output.h"

#include <catch2/catch_all.hpp>
#include <sstream>

using namespace chatgate;

namespace {

Table sample() {
  return {{{"name", "NAME"}, {"cost", "COST", true}, {"created_at", ""}},
          {{text_cell("a,b"), money_cell({1'500'000'000}, Unit{}), time_cell(Timestamp{0})},
           {text_cell("语言"), money_cell({-1}, Unit{}), time_cell(std::nullopt)}}};
}

}  // namespace

TEST_CASE("a table aligns text to the left and numbers to the right") {
  CHECK(render_list(sample(), Format::kTable) ==
        "NAME          COST\n"
        "a,b           1.50\n"
        "语言  -0.000000001\n");
}

TEST_CASE("colour touches the header alone") {
  CHECK(render_list(sample(), Format::kTable, {true})
            .starts_with("\x1b[1mNAME          COST\x1b[0m\n"));
}

TEST_CASE("JSON has every column, exact money and RFC 3339 times") {
  const auto list = nlohmann::json::parse(render_list(sample(), Format::kJson, {true}));
  REQUIRE(list.is_array());
  CHECK(list[0] == nlohmann::json{{"name", "a,b"},
                                  {"cost", "1.50"},
                                  {"created_at", "1970-01-01T00:00:00.000Z"}});
  CHECK(list[1]["created_at"].is_null());
  CHECK(render_list({{{"a", "A"}}, {}}, Format::kJson) == "[]\n");
  Table one = sample();
  one.rows.pop_back();
  CHECK(nlohmann::json::parse(render_one(one, Format::kJson)).is_object());
}

TEST_CASE("JSON lines have an object on each line") {
  CHECK(render_list(sample(), Format::kJsonLines) ==
        "{\"name\":\"a,b\",\"cost\":\"1.50\",\"created_at\":\"1970-01-01T00:00:00.000Z\"}\n"
        "{\"name\":\"语言\",\"cost\":\"-0.000000001\",\"created_at\":null}\n");
}

TEST_CASE("text that is no UTF-8 does not break JSON") {
  const Table table{{{"a", "A"}}, {{text_cell("\xff")}}};
  CHECK(nlohmann::json::accept(render_list(table, Format::kJson)));
}

TEST_CASE("CSV quotes as RFC 4180 says") {
  const Table table{
      {{"a", "A"}, {"b", "B"}},
      {{text_cell("x,\"y\""), number_cell(7)}, {text_cell("two\nlines"), empty_cell()}}};
  CHECK(render_list(table, Format::kCsv) == "a,b\r\n\"x,\"\"y\"\"\",7\r\n\"two\nlines\",\r\n");
}

TEST_CASE("Markdown escapes the bars") {
  const Table table{{{"a", "A"}, {"b", "B", true}}, {{text_cell("x|y"), number_cell(7)}}};
  CHECK(render_list(table, Format::kMarkdown) == "| A | B |\n|---|---:|\n| x\\|y | 7 |\n");
}

TEST_CASE("what a note holds cannot move the cursor") {
  const Table table{{{"note", "NOTE"}}, {{text_cell("\x1b[2Jx\r\n\u202e")}}};
  CHECK(render_list(table, Format::kTable) == "NOTE\n?[2Jx???\n");
  CHECK(display_width("naïve") == 5);
  CHECK(display_width("中文") == 4);
}

TEST_CASE("rows are printed as they come, and as a whole list would be") {
  for (const auto format : {Format::kTable, Format::kJson, Format::kCsv, Format::kMarkdown}) {
    std::ostringstream out;
    RowPrinter printer(out, sample().columns, format, {});
    for (const auto& row : sample().rows) printer.row(row);
    printer.end();
    CHECK(out.str() == render_list(sample(), format));
  }
  const std::string json = render_list(sample(), Format::kJson);
  CHECK(json == nlohmann::ordered_json::parse(json).dump(2) + "\n");
}

TEST_CASE("a long list goes out before its end") {
  constexpr size_t kRows = 5'000;
  for (const auto format : {Format::kTable, Format::kJson, Format::kCsv, Format::kMarkdown}) {
    std::ostringstream out;
    RowPrinter printer(out, {{"n", "N", true}}, format, {});
    for (size_t i = 0; i < kRows; ++i) printer.row({number_cell(static_cast<int64_t>(i))});
    const std::string before_end = out.str();
    CHECK(before_end.find("4999") != std::string::npos);
    printer.end();
    CHECK(out.str().starts_with(before_end));
  }
}
