#include "server/docs/assets.h"

#include <catch2/catch_all.hpp>
#include <regex>
#include <string>

namespace chatgate {
namespace {

std::string content_of(const DocsAsset& asset) {
  std::string content;
  CHECK(inflate_docs_asset(asset, [&](std::string_view piece) {
    content += piece;
    return true;
  }));
  return content;
}

TEST_CASE("the page of /docs names files that there are", "[docs]") {
  const auto* page = find_docs_asset("");
  REQUIRE(page != nullptr);
  const auto html = content_of(*page);
  CHECK(html.size() == page->size);
  const std::regex name("/docs/([^\"]+)");
  size_t count = 0;
  for (std::sregex_iterator found(html.begin(), html.end(), name), end; found != end; ++found) {
    const auto file = (*found)[1].str();
    INFO(file);
    const auto* asset = find_docs_asset(file);
    REQUIRE(asset != nullptr);
    CHECK(content_of(*asset).size() == asset->size);
    CHECK((file == "licenses.txt" || file.find(asset->digest) != std::string::npos));
    ++count;
  }
  CHECK(count == 5);
  CHECK(find_docs_asset("swagger-ui.css") == nullptr);
}

TEST_CASE("whoever takes no more gets no more", "[docs]") {
  int pieces = 0;
  CHECK(!inflate_docs_asset(*find_docs_asset("licenses.txt"),
                            [&](std::string_view) { return ++pieces < 1; }));
  CHECK(pieces == 1);
}

}  // namespace
}  // namespace chatgate
