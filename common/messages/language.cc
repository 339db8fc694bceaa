#include "common/messages/language.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr std::array<std::string_view, kLanguages.size()> kNames{"en", "zh_CN", "zh_TW", "ru_RU"};
constexpr int kQualityMax = 1000;

size_t index_of(Language language) { return static_cast<size_t>(language); }

// Takes the part of `text` before `separator` off its beginning, and the separator with it.
std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// Chinese is written in two scripts. Where a tag does not name one, its region tells.
Language chinese_of(std::string_view subtags) {
  Language by_region = Language::kZhCn;
  while (!subtags.empty()) {
    const std::string_view subtag = take_until(subtags, '-');
    if (subtag == "hans") return Language::kZhCn;
    if (subtag == "hant") return Language::kZhTw;
    if (subtag == "tw" || subtag == "hk" || subtag == "mo") by_region = Language::kZhTw;
  }
  return by_region;
}

// A quality in thousandths: "0", "0.8", "1.000"; nothing for what RFC 9110, 12.4.2 does not know.
std::optional<int> parse_quality(std::string_view text) {
  if (text.empty() || (text.front() != '0' && text.front() != '1')) return std::nullopt;
  int quality = (text.front() - '0') * kQualityMax;
  text.remove_prefix(1);
  if (text.empty()) return quality;
  if (text.front() != '.' || text.size() > 4) return std::nullopt;
  int place = kQualityMax / 10;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    quality += (c - '0') * place;
    place /= 10;
  }
  return quality <= kQualityMax ? std::optional(quality) : std::nullopt;
}

// One member of Accept-Language: "zh-TW", "ru;q=0.5", "*;q=0.1".
struct LanguageRange {
  std::string_view tag;
  int quality = kQualityMax;
};

std::optional<LanguageRange> parse_range(std::string_view member) {
  LanguageRange range;
  range.tag = trim(take_until(member, ';'));
  if (range.tag.empty()) return std::nullopt;
  const std::string_view weight = trim(member);
  if (weight.empty()) return range;
  if (!weight.starts_with("q=") && !weight.starts_with("Q=")) return std::nullopt;
  const auto quality = parse_quality(weight.substr(2));
  if (!quality) return std::nullopt;
  range.quality = *quality;
  return range;
}

}  // namespace

std::string_view language_name(Language language) { return kNames.at(index_of(language)); }

std::optional<Language> parse_language(std::string_view text) {
  std::string tag = to_lower(text.substr(0, text.find_first_of(".@")));
  std::replace(tag.begin(), tag.end(), '_', '-');
  std::string_view rest = tag;
  const std::string_view primary = take_until(rest, '-');
  if (primary == "en") return Language::kEn;
  if (primary == "zh") return chinese_of(rest);
  if (primary == "ru") return Language::kRuRu;
  return std::nullopt;
}

Language negotiate_language(std::string_view accept_language, Language fallback) {
  constexpr int kUnnamed = -1;
  std::array<int, kLanguages.size()> qualities{};
  qualities.fill(kUnnamed);
  int quality_of_others = 0;
  // The languages in the order of preference among equals: as they were named, then the fallback.
  std::array<Language, kLanguages.size() + 1> order{};
  size_t named = 0;
  while (!accept_language.empty()) {
    const auto range = parse_range(take_until(accept_language, ','));
    if (!range) continue;
    if (range->tag == "*") quality_of_others = range->quality;
    const auto language = parse_language(range->tag);
    if (!language) continue;
    int& quality = qualities.at(index_of(*language));
    if (quality == kUnnamed) order.at(named++) = *language;
    quality = std::max(quality, range->quality);
  }
  order.at(named) = fallback;

  Language best = fallback;
  int best_quality = 0;
  const auto offer = [&](Language language) {
    const int own = qualities.at(index_of(language));
    const int quality = own == kUnnamed ? quality_of_others : own;
    if (quality > best_quality) best = language;
    best_quality = std::max(best_quality, quality);
  };
  std::for_each(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(named) + 1, offer);
  std::for_each(kLanguages.begin(), kLanguages.end(), offer);
  return best;
}

}  // namespace chatgate
