#include "cli/inflight/kill.h"

#include <algorithm>

#include "cli/commands.h"
#include "cli/inflight/inflight.h"
#include "cli/terminal.h"
#include "common/text/quantity.h"

namespace chatgate {

void register_inflight_kill(CLI::App& noun, Context& context) {
  auto options = std::make_shared<InflightKillOptions>();
  CLI::App* verb = add_verb(noun, "kill", "end a running request; what was seen of it is charged",
                            "  chatgate inflight kill req_1a1f92a5b1c00000\n"
                            "  chatgate inflight kill req_1a1f92a5b1c00000 --yes");
  verb->add_option("ID", options->id, "the request's id, as `inflight list` shows it")
      ->type_name("")
      ->required();
  verb->add_flag("--yes", options->is_confirmed, "do not ask");
  bind(verb, options, context, run_inflight_kill);
}

Result<void> run_inflight_kill(const InflightKillOptions& options, Context& context) {
  const auto id = parse_request_id(options.id);
  if (!id) {
    return fail(ErrorCode::kNotFound, "no request " + quote(options.id) +
                                          ": ids are req_ and 16 hexadecimal digits, see `chatgate "
                                          "inflight list`");
  }
  const auto running = ask_for_running({}, context);
  if (!running) return tl::unexpected(running.error());
  const auto row = std::ranges::find(running->rows, format_request_id(*id),
                                     [](const auto& cells) { return cells.front().text; });
  if (row == running->rows.end()) {
    return fail(ErrorCode::kNotFound,
                "no request " + quote(options.id) + " is running: see `chatgate inflight list`");
  }
  const std::string question = "end the request " + options.id + " of " + (*row)[1].text + "?";
  if (auto confirmed = confirm(context, question, options.is_confirmed); !confirmed) {
    return confirmed;
  }
  const auto table = ask_for_running({ControlRequest::Verb::kKill, *id}, context);
  if (!table) return tl::unexpected(table.error());
  context.print_one(*table);
  context.hint("it is told to end; its client gets an error, and what was seen is charged");
  return {};
}

}  // namespace chatgate
