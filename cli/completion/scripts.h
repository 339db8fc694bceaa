// `chatgate completion bash|zsh|fish`: the completion script of a shell, from the folder
// completions/.
#pragma once

#include "cli/context.h"

namespace chatgate {

struct CompletionScriptOptions {
  std::string_view script;
};

Result<void> run_completion_script(const CompletionScriptOptions& options, Context& context);

}  // namespace chatgate
