// Names in a database that begin with a text, for completion at the prompt. Looks on without a
// trace: it neither creates, migrates nor writes a file, and waits for no lock longer than 100 ms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"

namespace chatgate {

enum class NameKind : uint8_t {
  kUser,   // accounts that are not archived
  kToken,  // tokens that are not revoked by then: by prefix, or by id where the text is a number
  kModel,  // whatever has or had a price
  kArchivedUser,
  kModelInForce,  // what has a price now, or gets one later
  kConversation,  // by id; those that are over too, until they are purged
};

struct KnownName {
  std::string name;
  std::string remark;  // to tell it by: of an account its unit and note; may be empty
};

// In the order of names, at most `count_max`. `url` as open_store takes it.
Result<std::vector<KnownName>> find_names(std::string_view url, NameKind kind,
                                          std::string_view beginning, Timestamp now,
                                          size_t count_max);

}  // namespace chatgate
