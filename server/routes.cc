#include "server/routes.h"

#include <algorithm>
#include <array>

#include "route_descriptions.h"
#include "server/doors/asking.h"
#include "server/doors/door_errors.h"
#include "server/guard/client_address.h"
#include "server/metrics/door_names.h"
#include "server/openai/endpoint_name.h"
#include "server/wire/trace_context.h"

namespace chatgate {
namespace {

constexpr Door kOpenai{"v1", render_v1_error};
constexpr Door kAgent{"agent", render_agent_error};
constexpr Door kWebChat{"web", render_web_error};
constexpr Door kWebPage{"web", render_web_error};  // what a page asks at its start
constexpr Door kAccounts{"web", render_accounts_error};
constexpr Door kAdmin{"web", render_accounts_error};
constexpr Door kAsk{"ask", render_ask_error};
constexpr Door kAskMessages{"ask", render_message_error};
constexpr Door kChatgpt{"platform", render_chatgpt_error};
constexpr Door kPlatform{"platform", render_platform_error};
constexpr Door kBot{"bot", render_bot_error};
constexpr Door kHealth{"health", render_v1_error};
constexpr Door kDocs{"docs", render_v1_error};

constexpr std::string_view kWebsocketPath = "/ws";

bool has_ops_key(const Config& config) { return !config.ops_key.empty(); }

bool takes_bot_keys(const Config& config) {
  return std::find(config.own_keys.begin(), config.own_keys.end(), kBot.name) !=
         config.own_keys.end();
}

bool takes_bot_proxies(const Config& config) {
  return takes_bot_keys(config) && !config.chat_proxy_hosts.empty();
}

constexpr std::array kRoutes{
    RouteEntry{"/v1/", kOpenai, answer_openai, kDescribeV1},
    RouteEntry{"/chat", kAgent, answer_chat_door, kDescribeAgent},
    RouteEntry{"/data/week", kAgent, answer_week, kDescribeAgent},
    RouteEntry{"/api/chat-process", kWebChat, answer_chat_process, kDescribeWeb},
    RouteEntry{"/api/session", kWebPage, answer_session, kDescribeWeb},
    RouteEntry{"/api/config", kWebPage, answer_config, kDescribeWeb},
    RouteEntry{"/accounts", kAccounts, answer_accounts, kDescribeAccounts, has_ops_key},
    RouteEntry{"/admin", kAdmin, answer_admin, kDescribeAdmin, has_ops_key},
    RouteEntry{"/admin/", kAdmin, answer_admin, kDescribeAdmin, has_ops_key},
    RouteEntry{"/ask", kAsk, answer_ask, kDescribeAsk},
    RouteEntry{"/ask/", kAsk, answer_ask, kDescribeAsk},
    RouteEntry{kWebsocketPath, kAsk, answer_websocket, kDescribeAsk},
    RouteEntry{"/chatgpt", kChatgpt, answer_chatgpt, kDescribeChatgpt},
    RouteEntry{"/api/chat", kBot, answer_bot, kDescribeBot},
    RouteEntry{"/ai/chat", kBot, answer_bot, kDescribeBot},
    RouteEntry{"/ai/chat_custom", kBot, answer_bot_custom, kDescribeBot, takes_bot_keys},
    RouteEntry{"/ai/chat_proxy", kBot, answer_bot_proxy, kDescribeBot, takes_bot_proxies},
    RouteEntry{"/openapi.json", kDocs, answer_openapi, kDescribeDocs},
    RouteEntry{"/docs", kDocs, answer_docs, kDescribeDocs},
    RouteEntry{"/docs/", kDocs, answer_docs, kDescribeDocs},
    RouteEntry{"/healthz", kHealth, answer_healthz, kDescribeHealth},
    RouteEntry{"/readyz", kHealth, answer_readyz, kDescribeHealth},
};
static_assert(std::ranges::all_of(kRoutes, [](const RouteEntry& route) {
  return kDoorNames[door_index(route.door.name)] == route.door.name;
}));
// Its path is configured.
constexpr RouteEntry kPlatformRoute{"", kPlatform, answer_platform, kDescribePlatform};
// Nobody finds a route that /docs does not tell of.
static_assert(std::ranges::none_of(kRoutes, &std::string_view::empty, &RouteEntry::description));
// Of transports that carry messages.
constexpr RouteEntry kMessageRoute{"", kAskMessages, nullptr, {}};

bool is_open(const Door& door, const Config& config) {
  if (&door == &kOpenai || &door == &kHealth) return true;
  return std::find(config.doors.begin(), config.doors.end(), door.name) != config.doors.end();
}

FrontKind kind_of(const Door& door) {
  if (&door == &kHealth) return FrontKind::kProbe;
  if (&door == &kAdmin) return FrontKind::kOwnPage;
  return &door == &kWebChat ? FrontKind::kWeb : FrontKind::kApi;
}

bool matches(const RouteEntry& route, std::string_view path) {
  return route.path.ends_with('/') ? path.starts_with(route.path) : path == route.path;
}

bool is_platform_route(std::string_view path, const Config& config) {
  const std::string_view route = config.platform_route;
  return route == "/" ? path == "/" : path.size() > 1 && path.substr(1) == route;
}

const RouteEntry* find_route(std::string_view path, const Config& config) {
  for (const auto& route : kRoutes) {
    if (matches(route, path) && is_open(route.door, config)) return &route;
  }
  const bool is_platform = is_platform_route(path, config) && is_open(kPlatform, config);
  return is_platform ? &kPlatformRoute : nullptr;
}

// The path as it may stand in a log: nothing that a client made up.
std::string loggable_path(const RoutedRequest& request, const RouteEntry* route) {
  if (route == nullptr) return unknown_path_name(request.path);
  return &route->door == &kOpenai ? endpoint_name(request.path) : request.endpoint();
}

// What access log and metrics tell of a request whatever its route does: whence it came and where
// it goes.
void introduce(const RoutedRequest& request, const RouteEntry* route) {
  if (route != nullptr) request.exchange.note_door(route->door.name);
  const auto record = request.exchange.access_record();
  if (!record) return;
  if (route != nullptr) record->door = route->door.name;
  record->path = loggable_path(request, route);
  record->client = client_address(request.exchange.client_ip(), request.exchange.head(),
                                  request.runtime->front.trusted_proxies);
  record->trace_id = read_trace_context(request.exchange.head()).trace_id();
}

bool is_plain(unsigned char c) {  // RFC 3986: unreserved, sub-delims, ':' and '@'; and '/'
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

std::vector<const RouteEntry*> open_routes(const Config& config) {
  std::vector<const RouteEntry*> open;
  const auto add = [&](const RouteEntry& route) {
    const bool is_offered = route.is_offered == nullptr || route.is_offered(config);
    if (is_open(route.door, config) && is_offered) open.push_back(&route);
  };
  for (const auto& route : kRoutes) add(route);
  add(kPlatformRoute);
  return open;
}

void Router::answer(HttpExchange& exchange, LoopContext& context) {
  auto path = canonical_path(exchange.path());
  const auto runtime = context.runtime;
  const auto* route = find_route(path, runtime->config);
  RoutedRequest request{exchange, context, runtime, std::move(path), route ? route->door : kOpenai};
  if (route != nullptr && route->path.ends_with('/')) {
    request.rest = std::string_view(request.path).substr(route->path.size());
  }
  introduce(request, route);
  if (!admit(request)) return;
  if (route == nullptr) {
    return answer_error(
        request, {ErrorCode::kNotFound, "there is nothing at this path; the API is below /v1/"});
  }
  route->answer(parts_, request);
}

// False: the request has been answered already.
bool Router::admit(const RoutedRequest& request) {
  const auto kind = kind_of(request.door);
  const auto admitted = parts_.guard.admit(request.exchange, request.runtime->front, kind);
  if (admitted) return *admitted;
  if (admitted.error().code == ErrorCode::kRateLimited) {
    request.context.loop.metrics().count_rate_limit(RateLimit::kAddress);
  }
  answer_error(request, admitted.error());
  return false;
}

void Router::answer_websocket_port(HttpExchange& exchange, LoopContext& context) {
  const auto runtime = context.runtime;
  const auto* route = find_route(kWebsocketPath, runtime->config);
  const RoutedRequest request{exchange, context, runtime, std::string(kWebsocketPath), kAsk};
  introduce(request, route);
  if (!admit(request)) return;
  if (route == nullptr) {
    return answer_error(request, {ErrorCode::kNotFound, "the door ask is closed"});
  }
  answer_websocket(parts_, request);
}

void Router::answer_message(HttpExchange& exchange, LoopContext& context,
                            Result<Question> question) {
  const RoutedRequest request{exchange, context, context.runtime, std::string(exchange.path()),
                              kAskMessages};
  introduce(request, &kMessageRoute);
  if (!admit(request)) return;
  if (!question) return answer_error(request, question.error());
  ask_for_messages(parts_, request, std::move(*question));
}

RenderedError Router::render_fault(const Error& error, std::string_view target,
                                   const Config& config) const {
  const auto* route = find_route(canonical_path(target.substr(0, target.find('?'))), config);
  const auto language = parse_language(config.language).value_or(Language::kEn);
  return (route ? route->door : kOpenai).render_error(error, language, config);
}

std::string RoutedRequest::endpoint() const {
  return rest.empty() ? path : path.substr(0, path.size() - rest.size()) + "{id}";
}

Language RoutedRequest::language() const {
  const auto configured = parse_language(config().language).value_or(Language::kEn);
  return negotiate_language(exchange.head().header("accept-language"), configured);
}

ErrorRenderer RoutedRequest::error_renderer() const {
  return [render = door.render_error, spoken = language(), runtime = runtime](const Error& error) {
    return render(error, spoken, runtime->config);
  };
}

std::string canonical_path(std::string_view decoded) {
  std::string path;
  path.reserve(decoded.size());
  size_t begin = 0;
  while (begin < decoded.size()) {
    const size_t end = std::min(decoded.find('/', begin), decoded.size());
    const auto segment = decoded.substr(begin, end - begin);
    begin = end + 1;
    if (segment.empty()) continue;
    if (segment == "." || segment == ".." || segment.find('\\') != std::string_view::npos)
      return {};
    path.append("/").append(segment);
  }
  if (path.empty() && !decoded.empty()) return "/";
  return path;
}

std::string encode_path(std::string_view path) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(path.size());
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(byte)) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

void answer_error(const RoutedRequest& request, const Error& error) {
  request.context.loop.metrics().count_refusal(request.exchange.door(), error.code);
  auto rendered = request.door.render_error(error, request.language(), request.config());
  request.exchange.answer(rendered.status, std::move(rendered.headers), std::move(rendered.body));
}

void answer_json(HttpExchange& exchange, std::string body) {
  exchange.answer(200, {{"Content-Type", "application/json"}}, std::move(body));
}

bool allow_methods(const RoutedRequest& request, std::string_view methods) {
  const std::string_view method = request.exchange.head().method;
  for (size_t at = methods.find(method); at != std::string_view::npos;
       at = methods.find(method, at + 1)) {
    const size_t end = at + method.size();
    if ((at == 0 || methods[at - 1] == ' ') && (end == methods.size() || methods[end] == ',')) {
      return true;
    }
  }
  HeaderList headers{{"Allow", std::string(methods) + ", OPTIONS"}};
  if (method == "OPTIONS") {
    request.exchange.answer(204, std::move(headers), {});
    return false;
  }
  request.context.loop.metrics().count_refusal(request.exchange.door(),
                                               ErrorCode::kMethodNotAllowed);
  auto rendered = request.door.render_error(
      {ErrorCode::kMethodNotAllowed,
       "the method " + std::string(method) + " is not allowed here; use " + std::string(methods)},
      request.language(), request.config());
  for (auto& header : rendered.headers) headers.push_back(std::move(header));
  request.exchange.answer(rendered.status, std::move(headers), std::move(rendered.body));
  return false;
}

}  // namespace chatgate
