// Which code answers which path. One Router serves all loops.
#pragma once

#include <string>
#include <string_view>

#include "server/books/store_reader.h"
#include "server/pipeline/pipeline.h"

namespace chatgate {

// What the routes share beside the pipeline.
struct RouteParts {
  Pipeline& pipeline;
  Directory& directory;
  BookWriter& writer;
  StoreReader& reader;
  const Clock& clock;
};

// A request on its way to a route.
struct RoutedRequest {
  HttpExchange& exchange;
  LoopContext& context;
  std::string path;  // canonical: decoded once, single slashes, none at the end, no dot segments
};

class Router {
 public:
  explicit Router(RouteParts parts) : parts_(parts) {}
  void answer(HttpExchange& exchange, LoopContext& context);

 private:
  RouteParts parts_;
};

// The canonical form of a decoded path; empty when it has a `.` or `..` segment or a backslash, in
// which a server behind us might see another path than we do.
std::string canonical_path(std::string_view decoded);
// The path percent-encoded for a URL (RFC 3986, 3.3), so that the upstream decodes what we routed.
std::string encode_path(std::string_view path);

// Answers with an error in OpenAI's envelope.
void answer_error(HttpExchange& exchange, const Error& error);
void answer_json(HttpExchange& exchange, std::string body);
// The request's method is one of these, or the answer is a 405 (or, for OPTIONS, the list).
bool allow_methods(HttpExchange& exchange, std::string_view methods);

// --- the routes, each in a file of its own
// --------------------------------------------------------

void answer_openai(const RouteParts& parts, const RoutedRequest& request);     // /v1/...
void answer_chat_door(const RouteParts& parts, const RoutedRequest& request);  // /chat
void answer_week(const RouteParts& parts, const RoutedRequest& request);       // /data/week
void answer_healthz(const RouteParts& parts, const RoutedRequest& request);
void answer_readyz(const RouteParts& parts, const RoutedRequest& request);

}  // namespace chatgate
