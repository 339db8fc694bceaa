#include "server/announcement.h"

#include <iostream>
#include <string_view>

#include "common/log/log.h"

namespace chatgate {
namespace {

// For a program that reads the log; whatever the least level is.
void announce_as_events(const Announcement& announcement) {
  const std::string listening = "listening on " + announcement.url;
  log::announce("started", {{"message", std::string_view(listening)}});
  if (!announcement.metrics_url.empty()) {
    log::announce("metrics", {{"url", std::string_view(announcement.metrics_url)}});
  }
  if (!announcement.websocket_url.empty()) {
    log::announce("websocket", {{"url", std::string_view(announcement.websocket_url)}});
  }
  if (!announcement.grpc.empty()) {
    log::announce("started_grpc", {{"message", "gRPC is served as well"},
                                   {"address", std::string_view(announcement.grpc)}});
  }
  if (!announcement.is_demo) return;
  log::announce("demo_upstream", {{"message", "no upstream is configured; the answers are made up"},
                                  {"token", std::string_view(announcement.demo_token)}});
}

std::string demo_text(const Announcement& announcement) {
  const auto& token = announcement.demo_token;
  std::string text =
      "chatgate: no upstream is configured, so the built-in DEMO upstream answers; for real\n"
      "          answers set OPENAI_API_KEY or give --upstream-url\n";
  if (!token.empty()) text += "chatgate: token (shown this once): " + token + "\n";
  const auto& url = announcement.curl_url.empty() ? announcement.url : announcement.curl_url;
  return text + "chatgate: try\n\n  curl " + announcement.curl_options + url +
         "/v1/chat/completions \\\n" + "    -H 'Authorization: Bearer " +
         (token.empty() ? "YOUR_TOKEN" : token) + "' \\\n" +
         "    -H 'Content-Type: application/json' \\\n" +
         "    -d "
         "'{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}'\n\n";
}

}  // namespace

void announce(const Announcement& announcement) {
  if (log::format() == log::Format::kJson) return announce_as_events(announcement);
  std::string text = "chatgate: listening on " + announcement.url + "\n";
  if (!announcement.metrics_url.empty()) {
    text += "chatgate: metrics at " + announcement.metrics_url + "\n";
  }
  if (!announcement.websocket_url.empty()) {
    text += "chatgate: WebSocket on " + announcement.websocket_url + "\n";
  }
  if (!announcement.grpc.empty()) text += "chatgate: gRPC on " + announcement.grpc + "\n";
  if (announcement.is_demo) text += demo_text(announcement);
  std::cerr << text << std::flush;
}

void announce_stopping() {
  constexpr std::string_view kStopping = "running requests finish first (again to stop now)";
  if (log::format() == log::Format::kJson) {
    log::announce("stopping", {{"message", kStopping}});
  } else {
    std::cerr << "chatgate: stopping; " << kStopping << '\n';
  }
}

}  // namespace chatgate
