#include "server/transport/websocket/handshake.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";

RequestHead head_with(std::vector<HeaderField> fields) {
  RequestHead head;
  head.method = "GET";
  head.target = "/ws";
  head.fields = std::move(fields);
  return head;
}

std::vector<HeaderField> usual() {
  return {{"Host", "a.example"},
          {"Upgrade", "websocket"},
          {"Connection", "keep-alive, Upgrade"},
          {"Sec-WebSocket-Key", kKey},
          {"Sec-WebSocket-Version", "13"}};
}

std::vector<HeaderField> usual_but(std::string_view name, std::vector<std::string_view> values) {
  auto fields = usual();
  std::erase_if(fields, [&](const HeaderField& field) { return field.name == name; });
  for (const auto value : values) fields.push_back({name, value});
  return fields;
}

int status_of(std::vector<HeaderField> fields) {
  const auto handshake = judge_handshake(head_with(std::move(fields)));
  return handshake ? 101 : handshake.error().status;
}

TEST_CASE("The accepted key is the one of RFC 6455", "[websocket]") {
  CHECK(accept_value(kKey) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("A WebSocket's handshake is judged by its headers", "[websocket]") {
  CHECK(status_of(usual()) == 101);
  CHECK(status_of(usual_but("Upgrade", {"h2c", "WebSocket"})) == 101);
  CHECK(status_of(usual_but("Connection", {"upgrade"})) == 101);
  CHECK(status_of(usual_but("Connection", {"close", "Upgrade"})) == 101);

  CHECK(status_of(usual_but("Upgrade", {})) == 426);
  CHECK(status_of(usual_but("Upgrade", {"websockets"})) == 426);
  CHECK(status_of(usual_but("Connection", {})) == 426);
  CHECK(status_of(usual_but("Connection", {"keep-alive"})) == 426);
  for (const auto* version : {"12", "8", "", "013", "13, 8"}) {
    CHECK(status_of(usual_but("Sec-WebSocket-Version", {version})) == 426);
  }
  CHECK(status_of(usual_but("Sec-WebSocket-Version", {})) == 426);
  CHECK(status_of(usual_but("Sec-WebSocket-Version", {"13", "13"})) == 426);

  CHECK(status_of(usual_but("Sec-WebSocket-Key", {})) == 400);
  CHECK(status_of(usual_but("Sec-WebSocket-Key", {kKey, kKey})) == 400);
  for (const auto* key :
       {"", "abc", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZTE=", "dGhlIHNhbXBsZSBub25jZTEy",
        "dGhlIHNhbXBsZSBub25jZQ== x", "!!hlIHNhbXBsZSBub25jZQ=="}) {
    CHECK(status_of(usual_but("Sec-WebSocket-Key", {key})) == 400);
  }
}

TEST_CASE("A handshake is HTTP/1.1 and has no body", "[websocket]") {
  auto old = head_with(usual());
  old.minor_version = 0;
  CHECK(judge_handshake(old).error().status == 426);
  auto with_body = head_with(usual());
  with_body.framing = BodyFraming::kLength;
  with_body.content_length = 5;
  CHECK(judge_handshake(with_body).error().status == 400);
  with_body.content_length = 0;
  CHECK(judge_handshake(with_body));
  with_body.framing = BodyFraming::kChunked;
  CHECK(judge_handshake(with_body).error().status == 400);
}

TEST_CASE("Who must upgrade is told to what", "[websocket]") {
  const auto fault = judge_handshake(head_with({{"Host", "a.example"}})).error();
  CHECK(fault.headers == HeaderList{{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}});
}

TEST_CASE("A browser's token comes behind the protocol's name", "[websocket]") {
  const auto chosen = [](std::vector<std::string_view> values) {
    auto fields = usual_but("Sec-WebSocket-Protocol", values);
    const auto handshake = judge_handshake(head_with(std::move(fields)));
    REQUIRE(handshake);
    return std::string(handshake->protocol) + " " + std::string(handshake->token);
  };
  CHECK(chosen({}) == " ");
  CHECK(chosen({"chatgate"}) == "chatgate ");
  CHECK(chosen({"chatgate, sk-cg-1"}) == "chatgate sk-cg-1");
  CHECK(chosen({"bearer,sk-cg-1"}) == "bearer sk-cg-1");
  CHECK(chosen({"chatgate", "sk-cg-1"}) == "chatgate sk-cg-1");
  CHECK(chosen({"other, chatgate, sk-cg-1, bearer, sk-cg-2"}) == "chatgate sk-cg-1");
  CHECK(chosen({"sk-cg-1"}) == " ");
  CHECK(chosen({"graphql-ws, soap"}) == " ");
}

}  // namespace
}  // namespace chatgate
