// What a configuration comes to, in sentences for the person who wrote it. Called by `chatgate
// config check`; one thread.
#pragma once

#include <string>
#include <vector>

#include "common/config/config.h"

namespace chatgate {

// One line each: which doors are open and to whom, who pays for those without a token, whose
// limits, what is closed for want of a key; then what the loading noted, and its warnings.
std::vector<std::string> explain(const LoadedConfig& loaded);

// "agent, web, ask": words as a sentence lists them.
std::string enumerated(const std::vector<std::string>& words);

}  // namespace chatgate
