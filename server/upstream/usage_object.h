// The counts of a `usage` object.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/domain/price.h"

namespace chatgate {

inline constexpr int64_t kUsageCountMax = int64_t{1} << 53;

// The counts of a `usage` object in any of OpenAI's dialects: chat and completions, responses,
// embeddings, images, transcription. Nothing when it is not such an object, counts something other
// than tokens, or any count is negative, fractional, above kUsageCountMax or not a number.
std::optional<TokenUsage> parse_usage(std::string_view json);

}  // namespace chatgate
