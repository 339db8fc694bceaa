// The files of the page /admin, which are part of the program. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/messages/language.h"

namespace chatgate {

struct AdminFile {
  std::string_view name;  // below /admin/; empty: the page itself
  std::string_view content_type;
  std::string_view text;
};

// Null when there is none of that name.
const AdminFile* find_admin_file(std::string_view name);

// The page in a language: each `{{name}}` of its text is that text of the catalogues' section
// `admin_page`; `{{texts}}` all of them as JSON, for its script; `{{language}}` the language's tag.
std::string render_admin_page(Language language);

}  // namespace chatgate
