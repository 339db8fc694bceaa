#include "common/messages/messages.h"

#include <catch2/catch_all.hpp>
#include <set>
#include <vector>

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

using Texts = std::map<std::string, std::string, std::less<>>;

std::set<std::string> placeholders_of(const std::string& text) {
  std::set<std::string> names;
  for (size_t at = text.find('{'); at != text.npos; at = text.find('{', at + 1)) {
    names.insert(text.substr(at, text.find('}', at) - at + 1));
  }
  return names;
}

std::set<std::string> names_of(const Texts& texts) {
  std::set<std::string> names;
  for (const auto& [name, text] : texts) names.insert(name);
  return names;
}

size_t lines_of(const std::string& text) {
  return 1 + static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The texts of `other` say the same things with the same values as the English ones.
void check_section(const Texts& english, const Texts& other) {
  CHECK(names_of(other) == names_of(english));
  for (const auto& [name, text] : english) {
    INFO(name);
    const auto found = other.find(name);
    REQUIRE(found != other.end());
    CHECK_FALSE(found->second.empty());
    CHECK(placeholders_of(found->second) == placeholders_of(text));
    CHECK(lines_of(found->second) == lines_of(text));
  }
}

// A sentence in English letters alone is one that was never translated.
bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

TEST_CASE("Every message and every error is in every catalogue", "[messages]") {
  const auto& english = catalogue_of(Language::kEn);
  std::set<std::string> messages;
  for (size_t i = 0; i < kMessageCount; ++i) {
    messages.emplace(message_name(static_cast<MessageId>(i)));
  }
  CHECK(names_of(english.messages) == messages);
  std::set<std::string> errors;
  for (size_t i = 0; i <= static_cast<size_t>(ErrorCode::kInternal); ++i) {
    const std::string name(error_name(static_cast<ErrorCode>(i)));
    CHECK(english.errors.contains(name));
    for (const char* suffix : {"", "_detail", "_seconds", "_subject"}) errors.insert(name + suffix);
  }
  // A sentence that no error leads to would never be read.
  for (const auto& [name, text] : english.errors) CHECK(errors.contains(name));

  for (const Language language : kLanguages) {
    INFO(language_name(language));
    check_section(english.messages, catalogue_of(language).messages);
    check_section(english.errors, catalogue_of(language).errors);
    check_section(english.admin_page, catalogue_of(language).admin_page);
  }
}

TEST_CASE("The catalogues are in different languages", "[messages]") {
  const auto& english = catalogue_of(Language::kEn);
  const auto& simplified = catalogue_of(Language::kZhCn);
  const auto& traditional = catalogue_of(Language::kZhTw);
  const auto& russian = catalogue_of(Language::kRuRu);
  const auto compare = [&](auto section) {
    size_t same_in_chinese = 0;
    for (const auto& [name, text] : english.*section) {
      INFO(name);
      CHECK(is_ascii(text));
      for (const auto* other : {&simplified, &traditional, &russian}) {
        CHECK_FALSE(is_ascii((other->*section).at(name)));
      }
      CHECK((russian.*section).at(name) != (simplified.*section).at(name));
      same_in_chinese += (simplified.*section).at(name) == (traditional.*section).at(name) ? 1 : 0;
    }
    // Some short sentences are the same in both scripts; many would mean that one is a copy.
    CHECK(same_in_chinese * 10 < (english.*section).size());
  };
  compare(&Catalogue::messages);
  compare(&Catalogue::errors);
  compare(&Catalogue::admin_page);
}

TEST_CASE("Each placeholder is replaced by its argument, once", "[messages]") {
  for (const Language language : kLanguages) {
    const std::string limited =
        message(language, MessageId::kTooManyRequests, {{"seconds", "17"}, {"limit", "1"}});
    CHECK_THAT(limited, ContainsSubstring("17"));
    CHECK_THAT(limited, !ContainsSubstring("{"));
    const std::string settings = message(language, MessageId::kMeSettings,
                                         {{"model", "{temperature}"},
                                          {"temperature", "0.8"},
                                          {"presence", "p"},
                                          {"frequency", "f"},
                                          {"max_tokens", "m"}});
    // What a user called {temperature} is a value, not a placeholder.
    CHECK_THAT(settings, ContainsSubstring("{temperature}"));
    CHECK_THAT(settings, ContainsSubstring("0.8"));
  }
  CHECK(message(Language::kEn, MessageId::kNameTaken) ==
        "the name {account} is taken; choose another one");
}

TEST_CASE("The help names every slash command", "[messages]") {
  for (const Language language : kLanguages) {
    const std::string help = message(language, MessageId::kHelp);
    for (const char* command :
         {"\n/help", "\n/me", "\n/model name,temperature,presence,frequency,max_tokens",
          "\n/user newname:newpassword", "\n/login"}) {
      CHECK_THAT(help, ContainsSubstring(command));
    }
    // How a number is written, and how it is reset.
    CHECK_THAT(help, ContainsSubstring("80"));
    CHECK_THAT(help, ContainsSubstring(" - "));
  }
}

TEST_CASE("An error speaks each language", "[messages]") {
  Error error{ErrorCode::kModelNotPriced, "the model `m-1` has no price here", "model"};
  error.subject = "m-1";
  CHECK(localized(error, Language::kEn) == "the model `m-1` has no price here");
  CHECK(localized(error, Language::kZhCn) == "模型 m-1 尚未设置价格，无法使用，请联系管理员");
  CHECK(localized(error, Language::kZhTw) == "模型 m-1 尚未設定價格，無法使用，請洽管理員");
  CHECK(localized(error, Language::kRuRu) ==
        "для модели m-1 не задана цена, использовать её нельзя; обратитесь к администратору");
}

TEST_CASE("An error says how long to wait, rounded up", "[messages]") {
  Error error{ErrorCode::kRateLimited, "rate limit of this token reached"};
  CHECK(localized(error, Language::kRuRu) == "слишком много запросов, повторите позже");
  error.retry_after_ms = 1'001;
  CHECK(localized(error, Language::kRuRu) == "слишком много запросов, повторите через 2 с");
  CHECK(localized(error, Language::kZhTw) == "要求過於頻繁，請在 2 秒後再試");
  error.retry_after_ms = 0;  // never "in 0 seconds"
  CHECK(localized(error, Language::kZhCn) == "请求过于频繁，请在 1 秒后重试");
}

TEST_CASE("What is wrong with a request is quoted", "[messages]") {
  const Error error{ErrorCode::kInvalidRequest, "the request body is not a JSON object"};
  CHECK(localized(error, Language::kZhCn) == "请求无效：the request body is not a JSON object");
  CHECK(localized(error, Language::kEn) == "the request body is not a JSON object");
  CHECK(localized({ErrorCode::kInvalidRequest, ""}, Language::kZhCn) == "请求无效");
}

TEST_CASE("No error is without words, whatever it knows", "[messages]") {
  for (const Language language : kLanguages) {
    for (size_t i = 0; i <= static_cast<size_t>(ErrorCode::kInternal); ++i) {
      const Error bare{static_cast<ErrorCode>(i), ""};
      Error rich{bare.code, "words"};
      rich.subject = "subject";
      rich.retry_after_ms = 1'000;
      for (const Error& error : {bare, rich}) {
        INFO(language_name(language) << " " << error_name(error.code));
        const std::string text = localized(error, language);
        CHECK_FALSE(text.empty());
        CHECK_THAT(text, !ContainsSubstring("{") && !ContainsSubstring("-1"));
      }
    }
  }
}
