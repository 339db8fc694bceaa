#include "common/messages/language.h"

#include <catch2/catch_all.hpp>
#include <optional>

using namespace chatgate;

namespace {

constexpr auto kNone = std::optional<Language>();

}  // namespace

TEST_CASE("A language is read from locales and from language tags", "[messages]") {
  const auto [text, expected] = GENERATE(table<const char*, std::optional<Language>>({
      {"en", Language::kEn},
      {"en_US.UTF-8", Language::kEn},
      {"EN-gb", Language::kEn},
      {"zh", Language::kZhCn},
      {"zh_CN", Language::kZhCn},
      {"zh_CN.UTF-8", Language::kZhCn},
      {"zh-Hans", Language::kZhCn},
      {"zh-Hans-HK", Language::kZhCn},
      {"zh_SG", Language::kZhCn},
      {"zh_TW", Language::kZhTw},
      {"zh-tw", Language::kZhTw},
      {"zh_HK.Big5-HKSCS", Language::kZhTw},
      {"zh-MO", Language::kZhTw},
      {"zh-Hant", Language::kZhTw},
      {"zh-Hant-CN", Language::kZhTw},
      {"ru", Language::kRuRu},
      {"ru_RU.UTF-8", Language::kRuRu},
      {"ru_UA@euro", Language::kRuRu},
      {"", kNone},
      {"C", kNone},
      {"C.UTF-8", kNone},
      {"POSIX", kNone},
      {"de_DE.UTF-8", kNone},
      {"english", kNone},
      {"z", kNone},
      {"-", kNone},
  }));
  INFO(text);
  CHECK(parse_language(text) == expected);
}

TEST_CASE("Each language's name is read back as that language", "[messages]") {
  for (const Language language : kLanguages) {
    CHECK(parse_language(language_name(language)) == language);
  }
}

TEST_CASE("A client gets the language that it likes best", "[messages]") {
  const auto [header, fallback, expected] = GENERATE(table<const char*, Language, Language>({
      {"", Language::kRuRu, Language::kRuRu},
      {"ru", Language::kEn, Language::kRuRu},
      {"de, fr;q=0.9", Language::kZhTw, Language::kZhTw},
      {"zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", Language::kEn, Language::kZhTw},
      {"zh-CN,zh;q=0.9,en;q=0.8", Language::kEn, Language::kZhCn},
      {"en;q=0.5, ru;q=0.8", Language::kEn, Language::kRuRu},
      {"en;q=0.501,ru;q=0.502", Language::kEn, Language::kRuRu},
      {"en ; q=0.2 ,\tru ; q=0.3", Language::kEn, Language::kRuRu},
      {"ru;Q=0.1,en;Q=0.2", Language::kRuRu, Language::kEn},
      // Of equals the first one, whatever the fallback.
      {"ru,en", Language::kEn, Language::kRuRu},
      {"de;q=1,zh-HK;q=0.5,en;q=0.5", Language::kEn, Language::kZhTw},
      // A language of quality zero is not wanted.
      {"ru;q=0", Language::kEn, Language::kEn},
      {"en;q=0, zh;q=0.001", Language::kEn, Language::kZhCn},
      {"ru;q=0, *", Language::kRuRu, Language::kEn},
      {"ru;q=0", Language::kRuRu, Language::kRuRu},  // but something must be said
      // The star stands for all that are not named: the fallback is the nearest of them.
      {"*", Language::kZhTw, Language::kZhTw},
      {"en;q=0.5, *;q=0.8", Language::kRuRu, Language::kRuRu},
      {"en;q=0.5, *;q=0.1", Language::kRuRu, Language::kEn},
      // Broken members are passed over.
      {"ru;q=2, en;q=0.1", Language::kZhCn, Language::kEn},
      {"ru;q=1.5", Language::kZhCn, Language::kZhCn},
      {"ru;q=1.001", Language::kZhCn, Language::kZhCn},
      {"ru;q=0.1234", Language::kZhCn, Language::kZhCn},
      {"ru;q=", Language::kZhCn, Language::kZhCn},
      {"ru;q=.5", Language::kZhCn, Language::kZhCn},
      {"ru;level=1", Language::kZhCn, Language::kZhCn},
      {",,;,=,;q=1,ru", Language::kZhCn, Language::kRuRu},
      {"ru;q=1.", Language::kZhCn, Language::kRuRu},
      {"en,ru,zh,zh-TW,en,ru,zh,zh-TW", Language::kRuRu, Language::kEn},
  }));
  INFO(header);
  CHECK(negotiate_language(header, fallback) == expected);
}
