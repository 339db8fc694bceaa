#include "cli/ledger/verify.h"

#include <ostream>

#include "cli/commands.h"

namespace chatgate {

void register_ledger_verify(CLI::App& noun, Context& context) {
  CLI::App* verb = add_verb(noun, "verify", "check that the books are exact",
                            "  chatgate ledger verify\n"
                            "  chatgate ledger verify --format json");
  bind(verb, std::make_shared<LedgerVerifyOptions>(), context, run_ledger_verify);
}

Result<void> run_ledger_verify(const LedgerVerifyOptions&, Context& context) {
  const auto store = context.open_store(OpenMode::kExisting);
  if (!store) return tl::unexpected(store.error());
  const auto discrepancies = [&] {
    Progress progress(context, "checking", "rows");
    return (*store)->verify_books(progress.report());
  }();
  if (!discrepancies) return tl::unexpected(discrepancies.error());
  if (discrepancies->empty() && context.format == Format::kTable) {
    context.out() << "ok\n";
    return {};
  }
  Table table{{{"invariant", "INVARIANT"}, {"detail", "DETAIL"}}, {}};
  for (const auto& discrepancy : *discrepancies) {
    table.rows.push_back({text_cell(discrepancy.invariant), text_cell(discrepancy.detail)});
  }
  context.print_list(table);
  if (discrepancies->empty()) return {};
  const size_t count = discrepancies->size();
  return fail(ErrorCode::kInternal, "the books are not exact: " + std::to_string(count) +
                                        (count == 1 ? " discrepancy" : " discrepancies"));
}

}  // namespace chatgate
