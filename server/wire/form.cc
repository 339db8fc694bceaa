#include "server/wire/form.h"

#include <algorithm>
#include <charconv>

namespace chatgate {
namespace {

constexpr size_t kFieldsMax = 256;

std::string decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const auto hex = text.substr(i + 1 > text.size() ? text.size() : i + 1, 2);
    const char* end = hex.data() + hex.size();
    if (text[i] == '%' && hex.size() == 2 &&
        std::from_chars(hex.data(), end, byte, 16).ptr == end) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace

std::map<std::string, std::string> parse_form(std::string_view text) {
  std::map<std::string, std::string> fields;
  while (!text.empty() && fields.size() < kFieldsMax) {
    const size_t end = std::min(text.find('&'), text.size());
    const auto field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = std::min(field.find('='), field.size());
    if (field.empty()) continue;
    fields.emplace(decode(field.substr(0, equals)),
                   decode(field.substr(std::min(equals + 1, field.size()))));
  }
  return fields;
}

}  // namespace chatgate
