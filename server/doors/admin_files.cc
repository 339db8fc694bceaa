#include "server/doors/admin_files.h"

#include <algorithm>
#include <array>

#include "admin_page.h"
#include "common/messages/messages.h"
#include "server/json/json_object.h"

namespace chatgate {
namespace {

constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kScript = "text/javascript; charset=utf-8";
constexpr const char* kStyle = "text/css; charset=utf-8";

constexpr std::array kFiles{
    AdminFile{"", kHtml, kAdminIndex},
    AdminFile{"admin.css", kStyle, kAdminStyle},
    AdminFile{"narrow.css", kStyle, kAdminNarrowStyle},
    AdminFile{"icon.svg", "image/svg+xml", kAdminIcon},
    AdminFile{"admin.mjs", kScript, kAdminScript},
    AdminFile{"accounts.mjs", kScript, kAdminAccounts},
    AdminFile{"amounts.mjs", kScript, kAdminAmounts},
};

// As it may stand in a document and in a quoted attribute.
std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// "zh_CN" is zh-CN to browsers (RFC 5646).
std::string tag_of(Language language) {
  std::string tag(language_name(language));
  std::replace(tag.begin(), tag.end(), '_', '-');
  return tag;
}

std::string text_of(std::string_view name, Language language) {
  const auto& texts = catalogue_of(language).admin_page;
  if (name == "language") return tag_of(language);
  if (name == "texts") return to_json_text(texts);
  const auto found = texts.find(name);
  return found == texts.end() ? std::string(name) : found->second;
}

}  // namespace

const AdminFile* find_admin_file(std::string_view name) {
  const auto* found = std::ranges::find(kFiles, name, &AdminFile::name);
  return found == kFiles.end() ? nullptr : found;
}

std::string render_admin_page(Language language) {
  std::string_view rest = kAdminIndex;
  std::string page;
  for (size_t open = rest.find("{{"); open != rest.npos; open = rest.find("{{")) {
    const size_t close = rest.find("}}", open);
    if (close == rest.npos) break;
    page += rest.substr(0, open);
    page += escape_html(text_of(rest.substr(open + 2, close - open - 2), language));
    rest.remove_prefix(close + 2);
  }
  page += rest;
  return page;
}

}  // namespace chatgate
