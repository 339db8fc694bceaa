// The languages that chatgate speaks to people, and how one is chosen: by the configuration, by the
// system's LANG, by a client's Accept-Language. Plain values, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace chatgate {

enum class Language : uint8_t { kEn, kZhCn, kZhTw, kRuRu };

inline constexpr std::array<Language, 4> kLanguages{Language::kEn, Language::kZhCn, Language::kZhTw,
                                                    Language::kRuRu};

// "en", "zh_CN", "zh_TW", "ru_RU": as the configuration spells them.
std::string_view language_name(Language language);

// Reads a locale (POSIX: "zh_TW.UTF-8", "ru_RU@latin") or a language tag (RFC 5646: "zh-Hant-HK",
// "en-GB"), in any case. Nothing for languages that there is no catalogue of, "C" and "POSIX".
std::optional<Language> parse_language(std::string_view text);

// The language that a client likes best by its Accept-Language (RFC 9110, 12.5.4), the earlier one
// of equals; `fallback` where the header is empty, broken or names none that there is.
Language negotiate_language(std::string_view accept_language, Language fallback);

}  // namespace chatgate
