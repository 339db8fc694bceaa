// The door `docs`: GET /openapi.json describes the API as the configuration in force opens it, and
// /docs shows that description as a page. Neither tells a secret, so neither asks for a token. The
// page loads nothing from elsewhere, and no other page may frame it.

#include <sodium.h>

#include <array>
#include <utility>

#include "server/docs/assets.h"
#include "server/docs/cached_answers.h"
#include "server/docs/openapi.h"
#include "server/json/json_object.h"
#include "server/routes.h"
#include "server/transport/coroutine.h"

namespace chatgate {
namespace {

constexpr size_t kEtagDigestBytes = 8;

// Swagger UI draws its icons from data: URLs. Its styles are set by script, which no policy
// forbids.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

std::string etag_of(std::string_view text) {
  std::array<uint8_t, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), reinterpret_cast<const uint8_t*>(text.data()), text.size());
  std::array<char, 2 * kEtagDigestBytes + 1> hex;
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), kEtagDigestBytes);
  return "\"" + std::string(hex.data()) + "\"";
}

ApiDocument make_document(const Config& config) {
  ApiDocument document;
  document.text = to_json_text(describe_api(config));
  document.etag = etag_of(document.text);
  return document;
}

// Made when it is first asked for, on a stack that is large enough for a tree.
const ApiDocument& document_of(const Runtime& runtime) {
  const ApiDocument* document = nullptr;
  Coroutine::current()->run_on_loop_stack(
      [&] { document = &runtime.api_document.get([&] { return make_document(runtime.config); }); });
  return *document;
}

// Whether the client has it already; then it is told so.
bool answer_unchanged(const RoutedRequest& request, std::string_view etag,
                      const HeaderList& headers) {
  if (!names_etag(request.exchange.head().header("if-none-match"), etag)) return false;
  request.exchange.answer(304, headers, {});
  return true;
}

void answer_asset(const RoutedRequest& request, const DocsAsset& asset) {
  const bool is_compressed = accepts_gzip(request.exchange.head().header("accept-encoding"));
  const std::string etag = "\"" + std::string(asset.digest) + (is_compressed ? "-gzip" : "") + "\"";
  const bool is_named_by_content = asset.name.find(asset.digest) != std::string_view::npos;
  HeaderList headers{
      {"ETag", etag},
      {"Cache-Control", is_named_by_content ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Vary", "Accept-Encoding"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Content-Security-Policy", kContentSecurityPolicy}};
  if (answer_unchanged(request, etag, headers)) return;
  headers.emplace_back("Content-Type", asset.content_type);
  if (is_compressed) {
    headers.emplace_back("Content-Encoding", "gzip");
    return request.exchange.answer(200, std::move(headers), std::string(asset.compressed()));
  }
  request.exchange.stream(
      200, std::move(headers), static_cast<int64_t>(asset.size), [&asset](BodySink& sink) {
        return inflate_docs_asset(asset, [&](std::string_view piece) { return sink.write(piece); });
      });
}

}  // namespace

void answer_openapi(const RouteParts&, const RoutedRequest& request) {
  if (!allow_methods(request, "GET, HEAD")) return;
  const auto& document = document_of(*request.runtime);
  HeaderList headers{{"ETag", document.etag},
                     {"Cache-Control", "no-cache"},
                     {"X-Content-Type-Options", "nosniff"}};
  if (answer_unchanged(request, document.etag, headers)) return;
  headers.emplace_back("Content-Type", "application/json");
  request.exchange.answer(200, std::move(headers), document.text);
}

void answer_docs(const RouteParts&, const RoutedRequest& request) {
  if (!allow_methods(request, "GET, HEAD")) return;
  const auto* asset = find_docs_asset(request.rest);
  if (asset == nullptr) {
    return answer_error(request, {ErrorCode::kNotFound, "there is nothing at this path"});
  }
  answer_asset(request, *asset);
}

}  // namespace chatgate
