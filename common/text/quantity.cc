#include "common/text/quantity.h"

#include <array>
#include <charconv>
#include <optional>

namespace chatgate {
namespace {

struct UnitName {
  std::string_view name;
  int64_t factor;
};

constexpr std::array<UnitName, 7> kByteUnits{{
    {"kb", 1'000},
    {"mb", 1'000'000},
    {"gb", 1'000'000'000},
    {"kib", 1LL << 10},
    {"mib", 1LL << 20},
    {"gib", 1LL << 30},
    {"b", 1},
}};

constexpr std::array<UnitName, 6> kDurationUnits{{
    {"w", 604'800'000},
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};

template <size_t N>
std::optional<int64_t> factor_of(const std::array<UnitName, N>& units, std::string_view name) {
  for (const auto& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits at the beginning of `text`, taken off it; nothing when there are none or too many.
std::optional<int64_t> take_number(std::string_view& text) {
  int64_t number = 0;
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

std::string_view take_letters(std::string_view& text) {
  size_t length = 0;
  while (length < text.size() && !is_digit(text[length])) ++length;
  const std::string_view letters = text.substr(0, length);
  text.remove_prefix(length);
  return letters;
}

template <size_t N>
std::string shortest(int64_t amount, const std::array<UnitName, N>& units,
                     std::initializer_list<std::string_view> names) {
  for (const auto& name : names) {
    const int64_t factor = *factor_of(units, to_lower(name));
    if (amount != 0 && amount % factor == 0) {
      return std::to_string(amount / factor) + std::string(name);
    }
  }
  return std::to_string(amount);
}

}  // namespace

Result<int64_t> parse_integer(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    return fail(ErrorCode::kInvalidArgument, quote(text) + " is too large a number");
  }
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(ErrorCode::kInvalidArgument, quote(text) + " is not a whole number");
  }
  return number;
}

Result<bool> parse_boolean(std::string_view text) {
  const std::string word = to_lower(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return fail(ErrorCode::kInvalidArgument, quote(text) + " is neither true nor false");
}

Result<int64_t> parse_bytes(std::string_view text) {
  std::string_view rest = trim(text);
  const auto number = take_number(rest);
  const std::string unit = to_lower(trim(rest));
  const auto factor = unit.empty() ? std::optional<int64_t>(1) : factor_of(kByteUnits, unit);
  int64_t bytes = 0;
  if (!number || !factor || __builtin_mul_overflow(*number, *factor, &bytes)) {
    return fail(ErrorCode::kInvalidArgument,
                quote(text) + " is not a size; write 65536, 64KiB, 64MB or 1GiB");
  }
  return bytes;
}

Result<int64_t> parse_duration_ms(std::string_view text) {
  const auto no_duration = [&] {
    return fail(ErrorCode::kInvalidArgument,
                quote(text) + " is not a duration; write 500ms, 30s, 10m, 2h or 7d");
  };
  std::string_view rest = trim(text);
  if (rest == "0") return 0;
  if (rest.empty()) return no_duration();
  int64_t sum_ms = 0;
  while (!rest.empty()) {
    const auto number = take_number(rest);
    const auto factor = factor_of(kDurationUnits, take_letters(rest));
    int64_t part_ms = 0;
    if (!number || !factor || __builtin_mul_overflow(*number, *factor, &part_ms) ||
        __builtin_add_overflow(sum_ms, part_ms, &sum_ms)) {
      return no_duration();
    }
  }
  return sum_ms;
}

std::string format_bytes(int64_t bytes) {
  return shortest(bytes, kByteUnits, {"GiB", "MiB", "KiB"});
}

std::string format_duration_ms(int64_t ms) {
  return shortest(ms, kDurationUnits, {"d", "h", "m", "s", "ms"});
}

std::string format_count(int64_t count) {
  constexpr std::array<std::string_view, 7> kSuffixes{"", "k", "M", "G", "T", "P", "E"};
  size_t thousands = 0;
  int64_t divisor = 1;
  for (; count / divisor >= 1000; divisor *= 1000) ++thousands;
  std::string text = std::to_string(count / divisor);
  if (thousands == 0) return text;
  // The decimals that three digits leave room for.
  std::string decimals = std::to_string(count % divisor / (divisor / 100) + 100).substr(1);
  decimals.resize(3 - text.size());
  if (!decimals.empty()) text += "." + decimals;
  return text + std::string(kSuffixes.at(thousands));
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view word = trim(text.substr(0, comma));
    if (!word.empty()) words.emplace_back(word);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return words;
}

std::string join_list(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += ',';
    text += word;
  }
  return text;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      result += "\\x";
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace chatgate
