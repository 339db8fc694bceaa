#include "server/upstream/direct/content_decoder.h"

#include <zlib.h>
#include <array>
#include <utility>

namespace chatgate {
namespace {

constexpr int kGzipWindowBits = 16 + MAX_WBITS;
constexpr int kZlibWindowBits = MAX_WBITS;
constexpr int kRawWindowBits = -MAX_WBITS;
constexpr size_t kOutBytes = 16 << 10;

// "deflate" means the zlib format, but some send the bare stream (RFC 9110, 8.4.1.2). The low four
// bits of a zlib stream's first byte are 8, which begin no bare stream that a compressor writes.
bool begins_zlib(char first) { return (static_cast<unsigned char>(first) & 0x0F) == Z_DEFLATED; }

}  // namespace

struct ContentDecoder::State {
  z_stream stream{};
  bool is_gzip = false;
  bool has_begun = false;
  bool is_done = false;
  ~State() {
    if (has_begun) inflateEnd(&stream);
  }
};

ContentDecoder::ContentDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
ContentDecoder::~ContentDecoder() = default;

std::unique_ptr<ContentDecoder> ContentDecoder::make(std::string_view coding) {
  const bool is_gzip = coding == "gzip" || coding == "x-gzip";
  if (!is_gzip && coding != "deflate") return nullptr;
  auto state = std::make_unique<State>();
  state->is_gzip = is_gzip;
  return std::unique_ptr<ContentDecoder>(new ContentDecoder(std::move(state)));
}

Result<void> ContentDecoder::feed(std::string_view bytes, std::string& out) {
  if (bytes.empty() || state_->is_done) return {};
  auto& stream = state_->stream;
  if (!state_->has_begun) {
    const int window_bits = state_->is_gzip              ? kGzipWindowBits
                            : begins_zlib(bytes.front()) ? kZlibWindowBits
                                                         : kRawWindowBits;
    if (inflateInit2(&stream, window_bits) != Z_OK) {
      return fail(ErrorCode::kUpstreamBroken, "out of memory for the answer's encoded content");
    }
    state_->has_begun = true;
  }
  std::array<char, kOutBytes> piece;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  int result = Z_OK;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      return fail(ErrorCode::kUpstreamBroken, "the answer's encoded content is broken");
    }
    out.append(piece.data(), piece.size() - stream.avail_out);
  } while (result == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
  state_->is_done = result == Z_STREAM_END;
  return {};
}

bool ContentDecoder::is_done() const { return state_->is_done || !state_->has_begun; }

}  // namespace chatgate
