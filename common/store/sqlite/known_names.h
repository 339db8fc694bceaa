// Names in an SQLite file that begin with a text. See common/store/known_names.h.
#pragma once

#include <string>

#include "common/store/known_names.h"

namespace chatgate::sqlite {

Result<std::vector<KnownName>> find_names(const std::string& path, NameKind kind,
                                          std::string_view beginning, Timestamp now,
                                          size_t count_max);

}  // namespace chatgate::sqlite
