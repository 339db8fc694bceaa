// The WebSocket of the door `ask`: `<|ask|>$CONVERSATION$PARENT$PROMPT` is a question, with `new`
// for either id; what comes back are the pieces of its answer and then
// `<|end|>$CONVERSATION$PARENT`, or `<|err|>$` with what went wrong. One question after another on
// one connection.

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "common/log/log.h"
#include "common/text/quantity.h"
#include "server/doors/asking.h"
#include "server/doors/caller.h"
#include "server/pipeline/authenticate.h"
#include "server/transport/message_exchange.h"
#include "server/transport/websocket/handshake.h"
#include "server/transport/websocket/session.h"
#include "server/wire/form.h"

namespace chatgate {
namespace {

constexpr std::string_view kAsk = "<|ask|>$";
constexpr std::string_view kError = "<|err|>$";
constexpr const char* kHowToAsk =
    "ask with `<|ask|>$CONVERSATION$PARENT$PROMPT`: `<|ask|>$new$new$Hello` begins a conversation; "
    "to go on, give the two ids of the last `<|end|>`";

Result<Question> read_question(std::string_view text) {
  const auto fault = fail(ErrorCode::kInvalidRequest, kHowToAsk);
  if (!text.starts_with(kAsk)) return fault;
  text.remove_prefix(kAsk.size());
  const size_t first = text.find('$');
  const size_t second = first == text.npos ? text.npos : text.find('$', first + 1);
  if (second == text.npos) return fault;
  Question question{std::string(text.substr(0, first)),
                    std::string(text.substr(first + 1, second - first - 1)),
                    std::string(text.substr(second + 1))};
  if (question.conversation_id.empty()) question.conversation_id = kNewConversation;
  return question;
}

class WebsocketExchange final : public MessageExchange {
 public:
  WebsocketExchange(UpgradedConnection& connection, WebsocketSession& session,
                    const MessageOrigin& origin, size_t bytes_in)
      : MessageExchange(connection.loop(), connection.next_request_id(), origin, bytes_in,
                        connection.access_log()),
        session_(session) {}

 protected:
  bool send_message(std::string_view text) override { return session_.send(text); }
  bool send_error(int status, std::string_view text) override {
    const bool is_sent = session_.send(std::string(kError).append(text));
    // The token that opened the connection opens nothing any more.
    if (status == 401) session_.close(CloseCode::kPolicyViolation, "the token is no longer valid");
    return is_sent;
  }
  bool flush_messages() override { return session_.flush(); }
  void cut() override { session_.cut(); }

 private:
  WebsocketSession& session_;
};

// However an answer ends, nobody is told of its client any more.
class Forgetting {
 public:
  explicit Forgetting(WebsocketSession& session) : session_(session) {}
  ~Forgetting() { session_.on_client_gone(nullptr); }
  Forgetting(const Forgetting&) = delete;
  Forgetting& operator=(const Forgetting&) = delete;

 private:
  WebsocketSession& session_;
};

// One WebSocket: what it needs of the request that opened it.
struct Conversation {
  RouteParts parts;
  LoopContext& context;
  MessageOrigin origin;
  SessionLimits limits;

  void serve(UpgradedConnection& connection) const;
  void answer(UpgradedConnection& connection, WebsocketSession& session, std::string text) const;
};

void Conversation::serve(UpgradedConnection& connection) const {
  WebsocketSession session(connection, limits);
  session.run([&](std::string text) { answer(connection, session, std::move(text)); });
}

void Conversation::answer(UpgradedConnection& connection, WebsocketSession& session,
                          std::string text) const {
  try {
    auto question = read_question(text);
    WebsocketExchange exchange(connection, session, origin, text.size());
    text = {};
    session.on_client_gone([&exchange] { exchange.client_gone(); });
    const Forgetting forgetting(session);
    Router(parts).answer_message(exchange, context, std::move(question));
    exchange.finish();
  } catch (const std::exception& error) {
    log::error("request_failed_inside", {{"reason", std::string_view(error.what())}});
    session.close(CloseCode::kInternalError, "internal error");
  }
}

// --- the handshake ------------------------------------------------------------------------------

void refuse(const RoutedRequest& request, const HandshakeFault& fault) {
  auto rendered =
      request.door.render_error({ErrorCode::kInvalidRequest, std::string(fault.message)},
                                request.language(), request.config());
  auto headers = fault.headers;
  for (auto& header : rendered.headers) headers.push_back(std::move(header));
  request.exchange.answer(fault.status, std::move(headers), std::move(rendered.body));
}

// A browser tells where the page came from, and asks nobody before it connects. The gateway's own
// pages may; others as the configuration says.
bool may_connect(const RoutedRequest& request) {
  const auto& head = request.exchange.head();
  const auto origin = head.header("origin");
  if (origin.empty() || request.runtime->front.cors.allows(origin)) return true;
  const size_t scheme = origin.find("://");
  return scheme != origin.npos && origin.substr(scheme + 3) == head.header("host");
}

std::string credential_of(const RoutedRequest& request, const Handshake& handshake) {
  const auto credential = credential_of(request.exchange.head());
  if (!credential.empty()) return std::string(credential);
  const auto fields = parse_form(request.exchange.query());
  for (const char* name : {"token", "access_token"}) {
    const auto found = fields.find(name);
    if (found != fields.end() && !found->second.empty()) return found->second;
  }
  return std::string(handshake.token);
}

// What each question's exchange shows of the client, as if it had been a request of its own: the
// page that made a browser connect belongs to it, as its certificate alone is not believed.
bool is_shown(std::string_view name) {
  for (const std::string_view shown :
       {"accept-language", "x-forwarded-for", "origin", "host", "sec-fetch-site"}) {
    if (name == shown) return true;
  }
  return false;
}

MessageOrigin origin_of(const RoutedRequest& request, const std::string& credential) {
  MessageOrigin origin{
      request.exchange.client_ip(), "/ws", "WEBSOCKET", {}, request.exchange.client_user()};
  if (!credential.empty()) origin.headers.emplace_back("authorization", "Bearer " + credential);
  for (const auto& field : request.exchange.head().fields) {
    auto name = to_lower(field.name);
    if (!is_shown(name)) continue;
    origin.headers.emplace_back(std::move(name), field.value);
  }
  return origin;
}

SessionLimits limits_of(const Config& config) {
  return {static_cast<size_t>(config.websocket_message_bytes_max), config.ping_interval_ms,
          config.websocket_idle_timeout_ms};
}

std::string make_accept_value(std::string_view key) {
  std::string value;
  Coroutine::current()->run_on_loop_stack([&] { value = accept_value(key); });
  return value;
}

}  // namespace

void answer_websocket(const RouteParts& parts, const RoutedRequest& request) {
  if (!allow_methods(request, "GET")) return;
  const auto handshake = judge_handshake(request.exchange.head());
  if (!handshake) return refuse(request, handshake.error());
  if (!may_connect(request)) {
    return refuse(request, {403, {}, "pages of this origin may not connect"});
  }
  const auto credential = credential_of(request, *handshake);
  if (const auto caller = identify(parts, request, credential); !caller) {
    return answer_error(request, caller.error());
  }
  HeaderList headers{{"Upgrade", "websocket"},
                     {"Sec-WebSocket-Accept", make_accept_value(handshake->key)}};
  if (!handshake->protocol.empty()) {
    headers.emplace_back("Sec-WebSocket-Protocol", handshake->protocol);
  }
  auto conversation = std::make_shared<const Conversation>(Conversation{
      parts, request.context, origin_of(request, credential), limits_of(request.config())});
  request.exchange.upgrade(std::move(headers), [conversation](UpgradedConnection& connection) {
    conversation->serve(connection);
  });
}

}  // namespace chatgate
