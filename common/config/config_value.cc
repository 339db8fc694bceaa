// Text to the fields of Settings, by the type of the field.

#include "common/config/config_row.h"
#include "common/net/address.h"
#include "common/net/url.h"
#include "common/secrets/secrets.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

Result<int64_t> parse_number(std::string_view type, std::string_view text) {
  if (type == "bytes") return parse_bytes(text);
  if (type == "integer") return parse_integer(text);
  // A duration without a unit is one in seconds.
  const bool is_bare = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  return parse_duration_ms(is_bare ? std::string(text) + "s" : std::string(text));
}

std::string format_number(std::string_view type, int64_t number) {
  if (type == "bytes") return format_bytes(number);
  if (type == "duration") return format_duration_ms(number);
  return std::to_string(number);
}

Result<int64_t> parse_bounded(const ConfigRow& row, std::string_view text) {
  auto number = parse_number(row.key.type, text);
  if (!number) return number;
  if (*number == 0 && row.zero_is_off) return number;
  if (*number >= row.min && *number <= row.max) return number;
  const bool is_below = *number < row.min;
  const std::string bound = format_number(row.key.type, is_below ? row.min : row.max);
  return fail(ErrorCode::kInvalidArgument,
              quote(text) + (is_below ? " is too small; write " : " is too large; write ") + bound +
                  (is_below ? " or more" : " or less") +
                  (row.zero_is_off ? ", or 0 to switch it off" : ""));
}

// Takes a value apart by the type of the field it is for.
struct Setter {
  const ConfigRow& row;
  std::string_view text;
  Settings& settings;

  Result<std::string> operator()(std::monostate) const { return std::string(text); }

  Result<std::string> operator()(std::string Settings::*field) const {
    auto value = row.normalize ? row.normalize(text) : Result<std::string>(std::string(text));
    if (value) settings.*field = *value;
    return value;
  }

  Result<std::string> operator()(int64_t Settings::*field) const {
    return parse_bounded(row, text).map([&](int64_t number) {
      settings.*field = number;
      return format_number(row.key.type, number);
    });
  }

  Result<std::string> operator()(bool Settings::*field) const {
    return parse_boolean(text).map([&](bool value) {
      settings.*field = value;
      return std::string(value ? "true" : "false");
    });
  }

  Result<std::string> operator()(AbortPolicy Settings::*field) const {
    const std::string name = to_lower(text);
    if (name != "cancel" && name != "drain") {
      return fail(ErrorCode::kInvalidArgument,
                  quote(text) + " is not a policy; write cancel or drain");
    }
    settings.*field = name == "drain" ? AbortPolicy::kDrain : AbortPolicy::kCancel;
    return name;
  }

  Result<std::string> operator()(Words Settings::*field) const {
    Words words = split_list(text);
    for (auto& word : words) {
      if (row.normalize == nullptr) continue;
      auto normal = row.normalize(word);
      if (!normal) return normal;
      word = std::move(*normal);
    }
    settings.*field = words;
    return join_list(words);
  }

  Result<std::string> operator()(TextMap Settings::*field) const {
    auto pairs = split_pairs();
    if (!pairs) return tl::unexpected(std::move(pairs.error()));
    for (const auto& [name, value] : *pairs) {
      if (row.normalize == nullptr) continue;
      if (auto checked = row.normalize(name); !checked) return checked;
    }
    settings.*field = *pairs;
    return join_pairs(*pairs);
  }

  Result<std::string> operator()(RateMap Settings::*field) const {
    auto pairs = split_pairs();
    if (!pairs) return tl::unexpected(std::move(pairs.error()));
    RateMap rates;
    for (const auto& [name, value] : *pairs) {
      const size_t slash = name.find('/');
      const auto from = parse_unit(name.substr(0, slash));
      const auto to = parse_unit(slash == name.npos ? "" : name.substr(slash + 1));
      if (!from || !to || from->is_tokens() || to->is_tokens()) {
        return fail(ErrorCode::kInvalidArgument,
                    quote(name) + " is not a pair of currencies; write USD/CNY");
      }
      const auto rate = parse_exchange_rate(value);
      if (!rate) return tl::unexpected(rate.error());
      rates[from->code + "/" + to->code] = *rate;
    }
    settings.*field = rates;
    return join_pairs(*pairs);
  }

 private:
  Result<TextMap> split_pairs() const {
    TextMap pairs;
    for (const auto& word : split_list(text)) {
      const size_t equals = word.find('=');
      const std::string name(trim(std::string_view(word).substr(0, equals)));
      if (equals == word.npos || name.empty() || equals + 1 == word.size()) {
        return fail(ErrorCode::kInvalidArgument,
                    (row.key.is_secret ? "a word" : quote(word)) +
                        std::string(" is not a pair; write name=value,name=value"));
      }
      if (!pairs.emplace(name, trim(std::string_view(word).substr(equals + 1))).second) {
        return fail(ErrorCode::kInvalidArgument, quote(name) + " is given twice");
      }
    }
    return pairs;
  }

  static std::string join_pairs(const TextMap& pairs) {
    std::string text;
    for (const auto& [name, value] : pairs) {
      if (!text.empty()) text += ',';
      text.append(name).append("=").append(value);
    }
    return text;
  }
};

}  // namespace

Result<std::string> normalize_optional_listen(std::string_view text,
                                              std::string_view default_port) {
  const std::string port(default_port);
  const auto is_on = parse_boolean(text);
  if (text.empty() || is_on == false) return std::string();
  if (is_on == true) return "127.0.0.1:" + port;
  auto address = parse_host_port(text);
  if (!address) {
    // An address alone. Where that is none either, the first refusal says more.
    const bool is_plain_v6 =
        !text.starts_with('[') && parse_ip_address(text) && text.find(':') != text.npos;
    const std::string host = is_plain_v6 ? "[" + std::string(text) + "]" : std::string(text);
    if (const auto with_port = parse_host_port(host + ":" + port)) address = with_port;
  }
  return address.map(format_host_port);
}

Result<std::string> set_value(const ConfigRow& row, std::string_view text, Settings& settings) {
  return std::visit(Setter{row, text, settings}, row.field);
}

std::string shown_value(const ConfigRow& row, const std::string& value) {
  if (row.key.is_secret && row.key.type == "object") {
    std::vector<std::string> words = split_list(value);
    for (auto& word : words) word = word.substr(0, word.find('=')) + "=…";
    return join_list(words);
  }
  if (row.key.is_secret) return value.empty() ? "" : mask(value);
  return is_address(value) ? mask_url(value) : value;
}

}  // namespace chatgate
