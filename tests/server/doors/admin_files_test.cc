#include "server/doors/admin_files.h"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "common/messages/messages.h"

namespace chatgate {
namespace {

using Catch::Matchers::ContainsSubstring;

std::string unescape(std::string text) {
  for (const auto& [escape, character] :
       {std::pair{"&quot;", "\""}, {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}) {
    text = std::regex_replace(text, std::regex(escape), character);
  }
  return text;
}

TEST_CASE("the page /admin names files that there are", "[web][admin_page]") {
  const std::regex name("(?:/admin/|from '\\./)([^\"']+)");
  size_t count = 0;
  for (const char* source : {"", "admin.mjs", "accounts.mjs"}) {
    const std::string text(find_admin_file(source)->text);
    for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end; ++found) {
      INFO((*found)[1].str());
      CHECK(find_admin_file((*found)[1].str()) != nullptr);
      ++count;
    }
  }
  CHECK(count == 8);
  for (const char* other : {"index.html", "admin", "Admin.css", "/admin.css", "admin.css/"}) {
    CHECK(find_admin_file(other) == nullptr);
  }
}

TEST_CASE("the page is written in every language", "[web][admin_page]") {
  std::set<std::string> titles;
  for (const Language language : kLanguages) {
    INFO(language_name(language));
    const auto page = render_admin_page(language);
    const auto& texts = catalogue_of(language).admin_page;
    CHECK_THAT(page, !ContainsSubstring("{{") && ContainsSubstring("<h1>" + texts.at("title")));
    titles.insert(texts.at("title"));

    // What the script reads are the same texts.
    const std::regex attribute("data-texts=\"([^\"]*)\"");
    std::smatch found;
    REQUIRE(std::regex_search(page, found, attribute));
    const auto read = nlohmann::json::parse(unescape(found[1].str()));
    CHECK(read.size() == texts.size());
    CHECK(read["add"] == texts.at("add"));
  }
  CHECK(titles.size() == kLanguages.size());
  CHECK_THAT(render_admin_page(Language::kZhCn), ContainsSubstring("<html lang=\"zh-CN\">"));
}

// A name that no catalogue has would be shown as it is, one that nothing reads would be translated
// in vain.
TEST_CASE("the page's texts are those of the catalogue", "[web][admin_page]") {
  const std::string page(find_admin_file("")->text);
  const std::string script(find_admin_file("admin.mjs")->text);
  const auto& texts = catalogue_of(Language::kEn).admin_page;
  const std::regex placeholder("\\{\\{(\\w+)\\}\\}");
  for (std::sregex_iterator found(page.begin(), page.end(), placeholder), end; found != end;
       ++found) {
    const auto name = (*found)[1].str();
    INFO(name);
    CHECK((name == "texts" || name == "language" || texts.contains(name)));
  }
  for (const auto& [name, text] : texts) {
    INFO(name);
    const bool is_built = name == "block_of" || name == "unblock_of" || name == "block_meaning" ||
                          name == "unblock_meaning";  // of a word and its ending
    CHECK((is_built || page.find("{{" + name + "}}") != page.npos ||
           script.find("'" + name + "'") != script.npos));
  }
}

}  // namespace
}  // namespace chatgate
