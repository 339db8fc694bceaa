#include "server/docs/assets.h"

#include <zlib.h>

#include <string>

#include "docs_assets.h"

namespace chatgate {
namespace {

constexpr size_t kPieceBytes = 16 << 10;
constexpr int kGzip = 16 + MAX_WBITS;

}  // namespace

const DocsAsset* find_docs_asset(std::string_view name) {
  for (const auto& asset : kDocsAssets) {
    if (asset.name == name) return &asset;
  }
  return nullptr;
}

bool inflate_docs_asset(const DocsAsset& asset, const std::function<bool(std::string_view)>& take) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) return false;
  // zlib only reads what it is given, but knows no `const`.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(asset.begin));
  stream.avail_in = static_cast<uInt>(asset.compressed().size());
  std::string piece(kPieceBytes, '\0');
  int status = Z_OK;
  bool is_taken = true;
  while (status == Z_OK && is_taken) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = kPieceBytes;
    status = inflate(&stream, Z_NO_FLUSH);
    is_taken = take({piece.data(), kPieceBytes - stream.avail_out});
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && is_taken;
}

}  // namespace chatgate
