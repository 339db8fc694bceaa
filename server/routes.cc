#include "server/routes.h"

#include <array>

#include "server/wire/error_envelope.h"

namespace chatgate {
namespace {

struct RouteEntry {
  std::string_view path;
  void (*answer)(const RouteParts&, const RoutedRequest&);
};

constexpr std::array kRoutes{
    RouteEntry{"/chat", answer_chat_door},
    RouteEntry{"/data/week", answer_week},
    RouteEntry{"/healthz", answer_healthz},
    RouteEntry{"/readyz", answer_readyz},
};

constexpr std::string_view kOpenaiPrefix = "/v1/";

bool is_plain(unsigned char c) {  // RFC 3986: unreserved, sub-delims, ':' and '@'; and '/'
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

void Router::answer(HttpExchange& exchange, LoopContext& context) {
  const RoutedRequest request{exchange, context, canonical_path(exchange.path())};
  if (request.path.substr(0, kOpenaiPrefix.size()) == kOpenaiPrefix) {
    return answer_openai(parts_, request);
  }
  for (const auto& route : kRoutes) {
    if (route.path == request.path) return route.answer(parts_, request);
  }
  answer_error(exchange,
               {ErrorCode::kNotFound, "there is nothing at this path; the API is below /v1/"});
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

void answer_error(HttpExchange& exchange, const Error& error) {
  auto rendered = render_openai_error(error);
  exchange.answer(rendered.status, std::move(rendered.headers), std::move(rendered.body));
}

void answer_json(HttpExchange& exchange, std::string body) {
  exchange.answer(200, {{"Content-Type", "application/json"}}, std::move(body));
}

bool allow_methods(HttpExchange& exchange, std::string_view methods) {
  const std::string_view method = exchange.head().method;
  for (size_t at = methods.find(method); at != std::string_view::npos;
       at = methods.find(method, at + 1)) {
    const size_t end = at + method.size();
    if ((at == 0 || methods[at - 1] == ' ') && (end == methods.size() || methods[end] == ',')) {
      return true;
    }
  }
  HeaderList headers{{"Allow", std::string(methods) + ", OPTIONS"}};
  if (method == "OPTIONS") {
    exchange.answer(204, std::move(headers), {});
    return false;
  }
  auto rendered = render_openai_error(
      {ErrorCode::kMethodNotAllowed,
       "the method " + std::string(method) + " is not allowed here; use " + std::string(methods)});
  for (auto& header : rendered.headers) headers.push_back(std::move(header));
  exchange.answer(rendered.status, std::move(headers), std::move(rendered.body));
  return false;
}

}  // namespace chatgate
