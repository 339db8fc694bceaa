#include "server/transport/websocket/handshake.h"

#include <openssl/sha.h>
#include <sodium.h>
#include <strings.h>
#include <algorithm>
#include <array>
#include <optional>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr std::string_view kVersion = "13";
constexpr size_t kKeyBytes = 16;
// RFC 6455, 1.3: no server says this by chance.
constexpr std::string_view kWebsocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
// The name of our protocol, and the one that says what follows it.
constexpr std::string_view kProtocols[] = {"chatgate", "bearer"};

bool equals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Calls `visit` with each element of the lists in all fields of this name.
template <class Visit>
void each_element(const RequestHead& head, std::string_view name, Visit&& visit) {
  for (const auto& field : head.fields) {
    if (!equals(field.name, name)) continue;
    auto list = field.value;
    while (!list.empty()) {
      const size_t comma = std::min(list.find(','), list.size());
      const auto element = trim(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
      if (!element.empty()) visit(element);
    }
  }
}

bool has_element(const RequestHead& head, std::string_view name, std::string_view wanted) {
  bool is_there = false;
  each_element(head, name,
               [&](std::string_view element) { is_there = is_there || equals(element, wanted); });
  return is_there;
}

// The value of the only field of this name.
std::optional<std::string_view> only_value(const RequestHead& head, std::string_view name) {
  const auto is_named = [&](const HeaderField& field) { return equals(field.name, name); };
  if (std::ranges::count_if(head.fields, is_named) != 1) return std::nullopt;
  return head.header(name);
}

bool is_key(std::string_view text) {
  std::array<unsigned char, kKeyBytes> bytes{};
  size_t length = 0;
  const char* end = nullptr;
  return sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length,
                           &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
         length == kKeyBytes && end == text.data() + text.size();
}

HandshakeFault upgrade_required(std::string_view message) {
  return {
      426, {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", std::string(kVersion)}}, message};
}

void choose_protocol(const RequestHead& head, Handshake& handshake) {
  bool is_token_next = false;
  each_element(head, "sec-websocket-protocol", [&](std::string_view element) {
    if (is_token_next) handshake.token = element;
    is_token_next = false;
    if (!handshake.protocol.empty()) return;
    if (std::ranges::find(kProtocols, element) == std::end(kProtocols)) return;
    handshake.protocol = element;
    is_token_next = true;
  });
}

}  // namespace

tl::expected<Handshake, HandshakeFault> judge_handshake(const RequestHead& head) {
  if (head.minor_version < 1 || !has_element(head, "connection", "upgrade") ||
      !has_element(head, "upgrade", "websocket")) {
    return tl::unexpected(
        upgrade_required("this is a WebSocket; connect to it with ws:// or "
                         "wss://"));
  }
  if (only_value(head, "sec-websocket-version") != kVersion) {
    return tl::unexpected(upgrade_required("Sec-WebSocket-Version must be 13"));
  }
  if (head.framing == BodyFraming::kChunked || head.content_length > 0) {
    return tl::unexpected(HandshakeFault{400, {}, "a WebSocket's handshake has no body"});
  }
  const auto key = only_value(head, "sec-websocket-key");
  if (!key || !is_key(*key)) {
    return tl::unexpected(
        HandshakeFault{400, {}, "Sec-WebSocket-Key must be 16 bytes in base64, once"});
  }
  Handshake handshake;
  handshake.key = *key;
  choose_protocol(head, handshake);
  return handshake;
}

std::string accept_value(std::string_view key) {
  const std::string text = std::string(key).append(kWebsocketGuid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  std::array<char, sodium_base64_ENCODED_LEN(SHA_DIGEST_LENGTH, kVariant)> encoded{};
  sodium_bin2base64(encoded.data(), encoded.size(), digest.data(), digest.size(), kVariant);
  return encoded.data();
}

}  // namespace chatgate
