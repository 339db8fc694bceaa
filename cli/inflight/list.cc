#include "cli/inflight/list.h"

#include "cli/commands.h"
#include "cli/inflight/inflight.h"

namespace chatgate {

void register_inflight_list(CLI::App& noun, Context& context) {
  auto options = std::make_shared<InflightListOptions>();
  CLI::App* verb = add_verb(noun, "list", "list what the gateway is working on, oldest first",
                            "  chatgate inflight list\n"
                            "  chatgate inflight list --format json --db books.db");
  bind(verb, options, context, run_inflight_list);
}

Result<void> run_inflight_list(const InflightListOptions&, Context& context) {
  const auto table = ask_for_running({}, context);
  if (!table) return tl::unexpected(table.error());
  context.print_list(*table);
  return {};
}

}  // namespace chatgate
