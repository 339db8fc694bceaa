// Which code answers which path: one table of the doors' routes. One Router serves all loops.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/messages/language.h"
#include "server/books/store_reader.h"
#include "server/guard/front_guard.h"
#include "server/pipeline/pipeline.h"

namespace chatgate {

class PasswordGuard;
struct Question;

// What the routes share beside the pipeline.
struct RouteParts {
  Pipeline& pipeline;
  Directory& directory;
  BookWriter& writer;
  StoreReader& reader;
  Conversations& conversations;
  FrontGuard& guard;
  PasswordGuard& passwords;
  const Clock& clock;
};

// A front door: clients of one kind, with words of their own for what goes wrong.
struct Door {
  std::string_view name;  // as the key `doors` and the logs call it
  RenderedError (*render_error)(const Error& error, Language language, const Config& config);
};

struct RouteEntry;

// The rows of the table of routes that a configuration opens, in its order.
std::vector<const RouteEntry*> open_routes(const Config& config);

// A request on its way to a route.
struct RoutedRequest {
  HttpExchange& exchange;
  LoopContext& context;
  std::shared_ptr<const Runtime> runtime;  // the configuration that this request began under
  std::string path;  // canonical: decoded once, single slashes, none at the end, no dot segments
  const Door& door;
  std::string_view rest = {};  // of the path, behind a route that is a beginning

  // The path as the books name it: "/ask/{id}".
  std::string endpoint() const;
  const Config& config() const { return runtime->config; }
  // The one that the client likes best, else the configured one.
  Language language() const;
  ErrorRenderer error_renderer() const;
};

class Router {
 public:
  explicit Router(RouteParts parts) : parts_(parts) {}
  void answer(HttpExchange& exchange, LoopContext& context);
  // Of the port whose every path is the WebSocket.
  void answer_websocket_port(HttpExchange& exchange, LoopContext& context);
  // A question to the door `ask` that came as a message (transport/message_exchange.h), or why what
  // came is none.
  void answer_message(HttpExchange& exchange, LoopContext& context, Result<Question> question);
  // An error of the transport, in the words of the door that `target` leads to.
  RenderedError render_fault(const Error& error, std::string_view target,
                             const Config& config) const;

 private:
  bool admit(const RoutedRequest& request);

  RouteParts parts_;
};

// The canonical form of a decoded path; "/" for the root; empty when it has a `.` or `..` segment
// or a backslash, in which a server behind us might see another path than we do.
std::string canonical_path(std::string_view decoded);
// The path percent-encoded for a URL (RFC 3986, 3.3), so that the upstream decodes what we routed.
std::string encode_path(std::string_view path);

// Answers with an error in the words of the request's door.
void answer_error(const RoutedRequest& request, const Error& error);
void answer_json(HttpExchange& exchange, std::string body);
// The request's method is one of these, or the answer is a 405 (or, for OPTIONS, the list).
bool allow_methods(const RoutedRequest& request, std::string_view methods);

// --- the routes, each in a file of its own -------------------------------------------------------

using AnswerRoute = void(const RouteParts& parts, const RoutedRequest& request);

AnswerRoute answer_openai;        // /v1/...
AnswerRoute answer_chat_door;     // /chat
AnswerRoute answer_week;          // /data/week
AnswerRoute answer_ask;           // /ask/{conversation_id}
AnswerRoute answer_websocket;     // /ws
AnswerRoute answer_chat_process;  // /api/chat-process
AnswerRoute answer_session;       // /api/session
AnswerRoute answer_config;        // /api/config
AnswerRoute answer_accounts;      // /accounts
AnswerRoute answer_admin;         // /admin, /admin/{file}
AnswerRoute answer_chatgpt;       // /chatgpt
AnswerRoute answer_platform;      // /{platform_route}
AnswerRoute answer_bot;           // /api/chat, /ai/chat
AnswerRoute answer_bot_custom;    // /ai/chat_custom
AnswerRoute answer_bot_proxy;     // /ai/chat_proxy
AnswerRoute answer_healthz;
AnswerRoute answer_readyz;
AnswerRoute answer_openapi;  // /openapi.json
AnswerRoute answer_docs;     // /docs, /docs/{file}

// One row of the table of routes.
struct RouteEntry {
  std::string_view path;  // one that ends in a slash: everything below; empty: configured
  const Door& door;
  AnswerRoute* answer;
  std::string_view description;                        // of its operations: see docs/openapi.h
  bool (*is_offered)(const Config& config) = nullptr;  // beside its door being open; null: always
};

}  // namespace chatgate
