#include "cli/fit_table.h"

#include <catch2/catch_all.hpp>

#include <sstream>

#include "tests/cli/shell.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;

namespace {

Table wide_table() {
  return {{{"id", "ID", true},
           {"note", "NOTE"},
           {"model", "MODEL", false, Weight::kDetail},
           {"cost", "COST", true}},
          {{number_cell(1), text_cell("語言模型的說明文字很長"),
            text_cell("gpt-4o-mini-2026-11-01"), money_cell({123'456'789'000'000'000}, Unit{})},
           {number_cell(2), text_cell("short"), text_cell("o3"), money_cell({1}, Unit{})}}};
}

std::string fitted(size_t width, std::string_view ellipsis = "…") {
  Table table = wide_table();
  fit_table(table, width, ellipsis);
  return render_list(table, Format::kTable);
}

}  // namespace

TEST_CASE("a table that fits is left as it is") {
  CHECK(fitted(67) == render_list(wide_table(), Format::kTable));
}

TEST_CASE("the widest texts are cut first, numbers never") {
  CHECK(fitted(51) ==
        "ID  NOTE             MODEL                     COST\n"
        " 1  語言模型的說明…  gpt-4o-mini-202…  123456789.00\n"
        " 2  short            o3                 0.000000001\n");
  CHECK(fitted(46) ==
        "ID  NOTE           MODEL                  COST\n"
        " 1  語言模型的說…  gpt-4o-mini-…  123456789.00\n"
        " 2  short          o3              0.000000001\n");
}

TEST_CASE("columns of less weight go first when short texts do not fit") {
  Table table = wide_table();
  CHECK(fit_table(table, 40, "...") == std::vector<std::string>{"MODEL"});
  CHECK(render_list(table, Format::kTable) ==
        "ID  NOTE                            COST\n"
        " 1  語言模型的說明文字很長  123456789.00\n"
        " 2  short                    0.000000001\n");
  table = wide_table();
  CHECK(fit_table(table, 20, "...") == std::vector<std::string>{"MODEL", "COST"});
  CHECK(render_list(table, Format::kTable) ==
        "ID  NOTE\n"
        " 1  語言模型的說...\n"
        " 2  short\n");
  table = wide_table();
  CHECK(fit_table(table, 1, "...") == std::vector<std::string>{"NOTE", "MODEL", "COST"});
}

TEST_CASE("amounts outlive what tells rows apart, their unit outlives them") {
  const std::string text(12, 'x');
  Table table{{{"day", "DAY"},
               {"user", "USER", false, Weight::kKey},
               {"unit", "UNIT", false, Weight::kUnit},
               {"cost", "COST", true, Weight::kMoney},
               {"state", "STATE", false, Weight::kKey},
               {"from", "FROM"}},
              {{text_cell(text), text_cell(text), text_cell("USD"), text_cell("0.125"),
                text_cell("later"), text_cell(text)}}};
  const auto left_out_at = [&](size_t width) {
    Table fitted = table;
    return fit_table(fitted, width, "...");
  };
  CHECK(left_out_at(50) == std::vector<std::string>{"FROM"});
  CHECK(left_out_at(43) == std::vector<std::string>{"STATE", "FROM"});
  CHECK(left_out_at(30) == std::vector<std::string>{"USER", "STATE", "FROM"});
  CHECK(left_out_at(20) == std::vector<std::string>{"USER", "COST", "STATE", "FROM"});
}

TEST_CASE("a cut text is never wider than asked for") {
  CHECK(cut_text("naïve", 5, "…") == "naïve");
  CHECK(cut_text("naïve", 4, "…") == "naï…");
  CHECK(cut_text("語言", 3, "…") == "語…");
  CHECK(cut_text("語言模", 4, "…") == "語…");
}

TEST_CASE("later rows widen a column while the line fits, then they are cut") {
  Look look;
  look.width_max = 30;
  std::ostringstream out;
  RowPrinter printer(out, {{"note", "NOTE"}, {"n", "N", true}}, Format::kTable, look);
  printer.row({text_cell("one"), number_cell(1)});
  printer.begin();
  CHECK(out.str() == "NOTE  N\none   1\n");
  out.str("");
  printer.row({text_cell("a longer note"), number_cell(1'000)});
  printer.row({text_cell("one"), number_cell(1)});
  printer.row({text_cell(std::string(40, 'x')), number_cell(1)});
  printer.end();
  CHECK(out.str() ==
        "a longer note  1000\n"
        "one               1\n"
        "xxxxxxxxxx...     1\n");
}

TEST_CASE("a terminal's width cuts a list, a pipe does not") {
  const std::string note(300, 'n');
  Shell shell;
  REQUIRE(shell.run({"user", "add", "alice", "--note", note}) == 0);
  REQUIRE(shell.run({"user", "list"}) == 0);
  const std::string whole = shell.out;
  shell.terminal.has_output = true;
  shell.environment["LANG"] = "de_DE.UTF-8";
  REQUIRE(shell.run({"user", "list"}) == 0);
  std::istringstream lines(shell.out);
  for (std::string line; std::getline(lines, line);)
    CHECK(display_width(line) <= 80 + 8);  // colour
  shell.terminal.has_output = false;
  REQUIRE(shell.run({"user", "list"}) == 0);
  CHECK(shell.out == whole);
}
