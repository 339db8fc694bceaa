#include "cli/completion/scripts.h"

#include <ostream>

#include "cli/commands.h"
#include "completion_scripts.h"

namespace chatgate {

void register_completion_scripts(CLI::App& noun, Context& context) {
  struct Shell {
    std::string name;
    std::string_view script;
    std::string examples;
  };
  const std::array<Shell, 3> shells{{
      {"bash", kCompletionBash,
       "  source <(chatgate completion bash)     for this shell\n"
       "  chatgate completion bash > /etc/bash_completion.d/chatgate"},
      {"zsh", kCompletionZsh,
       "  source <(chatgate completion zsh)      for this shell, after compinit\n"
       "  chatgate completion zsh > /usr/local/share/zsh/site-functions/_chatgate"},
      {"fish", kCompletionFish,
       "  chatgate completion fish | source      for this shell\n"
       "  chatgate completion fish > ~/.config/fish/completions/chatgate.fish"},
  }};
  for (const auto& shell : shells) {
    auto options = std::make_shared<CompletionScriptOptions>();
    options->script = shell.script;
    CLI::App* verb =
        add_verb(noun, shell.name, "print the completion script of " + shell.name, shell.examples);
    bind(verb, options, context, run_completion_script);
  }
}

Result<void> run_completion_script(const CompletionScriptOptions& options, Context& context) {
  context.out() << options.script;
  return {};
}

}  // namespace chatgate
