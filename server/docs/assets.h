// The files of /docs, compressed in the program since it was built. Nothing of them is read before
// somebody opens the page. Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace chatgate {

struct DocsAsset {
  std::string_view name;  // below /docs/; empty: the page itself
  std::string_view content_type;
  std::string_view digest;  // of the content, which names its version
  size_t size;              // of the content
  const char* begin;        // of the content in gzip's format
  const char* end;

  std::string_view compressed() const { return {begin, static_cast<size_t>(end - begin)}; }
};

// Null when there is none of that name.
const DocsAsset* find_docs_asset(std::string_view name);

// Gives `take` the content in pieces until it returns false. Whether all of it was taken.
bool inflate_docs_asset(const DocsAsset& asset, const std::function<bool(std::string_view)>& take);

}  // namespace chatgate
