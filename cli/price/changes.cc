#include "cli/price/changes.h"

#include <algorithm>
#include <istream>

#include "cli/price/prices.h"
#include "common/domain/decimal.h"
#include "common/text/quantity.h"
#include "common/text/text_file.h"

namespace chatgate {
namespace {

constexpr size_t kExamplesMax = 3;

Result<std::string> read_input(const std::string& file, Context& context) {
  if (file == "-") return read_text(context.in(), "standard input", kPriceFileBytesMax);
  return read_text_file(file, kPriceFileBytesMax);
}

Result<PriceFileOptions> options_of(const PriceFileArguments& arguments, Timestamp now) {
  PriceFileOptions options;
  options.now = now;
  options.patterns = split_list(arguments.models);
  if (!arguments.markup.empty()) {
    const auto markup = parse_markup(arguments.markup);
    if (!markup) return fail(ErrorCode::kInvalidArgument, "--markup: " + markup.error().message);
    options.markup = *markup;
  }
  const auto unit = parse_unit(arguments.currency);
  if (!unit) return fail(ErrorCode::kInvalidArgument, "--currency: " + unit.error().message);
  if (unit->is_tokens()) {
    return fail(ErrorCode::kInvalidArgument,
                "--currency: a price needs a currency; accounts in tokens pay by count");
  }
  options.currency = unit->code;
  return options;
}

// " (+20%)", to a tenth; nothing where the price was 0 before.
std::string percent_text(int64_t before, int64_t after) {
  if (before == 0 || before == after) return "";
  const bool is_less = after < before;
  const auto difference = static_cast<uint128>(is_less ? before - after : after - before);
  const auto tenths = divide_half_to_even(difference * 1'000, static_cast<uint128>(before));
  std::string text = std::to_string(static_cast<uint64_t>(tenths / 10));
  if (tenths % 10 != 0) text += "." + std::to_string(static_cast<int>(tenths % 10));
  return std::string(" (") + (is_less ? "-" : "+") + text + "%)";
}

// One thing that a price says, before and after, as cells and as text.
struct Field {
  const char* name;
  const char* label;   // in the column of what else changed
  const char* header;  // of a column of its own in tables; empty: none
  Cell (*cell)(const Price& price);
  int64_t (*amount)(const Price& price);
  Weight weight = Weight::kMoney;
};

template <auto kMember>
Cell cell_of(const Price& price) {
  return price_cell(price.*kMember);
}
template <auto kMember>
int64_t picos_of(const Price& price) {
  const std::optional<PicosPerToken> picos = price.*kMember;
  return picos ? picos->picos : 0;
}
template <auto kMember>
constexpr Field token_field(const char* name, const char* label, const char* header = "",
                            Weight weight = Weight::kMoney) {
  return {name, label, header, cell_of<kMember>, picos_of<kMember>, weight};
}
Cell per_request_cell(const Price& price) {
  return money_cell(price.per_request, Unit{price.currency});
}
int64_t per_request_of(const Price& price) { return price.per_request.nanos; }
template <auto kMember>
Cell limit_cell(const Price& price) {
  return count_cell(price.*kMember);
}

constexpr Field kFields[] = {
    token_field<&Price::input>("input", "", "INPUT/1M"),
    token_field<&Price::cached_input>("cached_input", "", "CACHED/1M", Weight::kDetail),
    token_field<&Price::output>("output", "", "OUTPUT/1M"),
    token_field<&Price::reasoning>("reasoning", "reasoning"),
    token_field<&Price::audio_input>("audio_input", "audio input"),
    token_field<&Price::audio_output>("audio_output", "audio output"),
    {"per_request", "per request", "", per_request_cell, per_request_of},
    {"max_input_tokens", "max input", "", limit_cell<&Price::max_input_tokens>, nullptr},
    {"max_output_tokens", "max output", "", limit_cell<&Price::max_output_tokens>, nullptr},
};

bool differs(const Field& field, const PriceChange& change) {
  return change.before && field.cell(*change.before).value != field.cell(change.after).value;
}

// Whether a new price says something about it.
bool is_charged(const Field& field, const Price& price) {
  if (field.amount == per_request_of) return field.amount(price) != 0;
  return field.amount != nullptr && !field.cell(price).value.is_null();
}

std::string transition_text(const Field& field, const PriceChange& change) {
  if (change.after.removed) return field.cell(change.after).text + " -> -";
  const std::string after = field.cell(change.after).text;
  if (!differs(field, change)) return after;
  const std::string percent =
      field.amount ? percent_text(field.amount(*change.before), field.amount(change.after)) : "";
  return field.cell(*change.before).text + " -> " + after + percent;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string also_text(const PriceChange& change) {
  std::vector<std::string> parts;
  for (const auto& field : kFields) {
    if (*field.header != '\0' || change.after.removed) continue;
    if (change.before ? differs(field, change) : is_charged(field, change.after)) {
      parts.push_back(field.label + (" " + transition_text(field, change)));
    }
  }
  return joined(parts);
}

std::string name_of_change(const PriceChange& change) {
  if (change.after.removed) return "removed";
  if (change.is_restored) return "restored";
  return change.before ? "changed" : "new";
}

std::string examples_of(const std::vector<std::string>& models) {
  std::vector<std::string> shown(
      models.begin(),
      models.begin() + static_cast<std::ptrdiff_t>(std::min(models.size(), kExamplesMax)));
  return joined(shown) + (models.size() > kExamplesMax ? ", ..." : "");
}

void tell_reasons(const ModelsByReason& reasons, const std::string& intro, Context& context) {
  for (const auto& [reason, models] : reasons) {
    context.hint(intro + std::to_string(models.size()) + " " + reason + " (" + examples_of(models) +
                 ")");
  }
}

}  // namespace

void add_price_file_arguments(CLI::App& verb, PriceFileArguments& arguments) {
  verb.add_option("FILE", arguments.file,
                  "LiteLLM's list of prices, or what\n"
                  "`price list --format json` or csv prints; -: stdin")
      ->type_name("")
      ->required();
  verb.add_option("--models", arguments.models, "only these: 'gpt-*,o?' (default: all)")
      ->type_name("PATTERNS");
  verb.add_option("--markup", arguments.markup, "on every price: 20%, or --markup=-5%")
      ->type_name("PERCENT");
  verb.add_option("--currency", arguments.currency, "where the file names none (default: USD)")
      ->type_name("CODE");
}

Result<PriceFile> read_prices(const PriceFileArguments& arguments, Context& context) {
  const auto options = options_of(arguments, context.now());
  if (!options) return tl::unexpected(options.error());
  const auto text = read_input(arguments.file, context);
  if (!text) return tl::unexpected(text.error());
  Progress progress(context, "reading prices", "bytes");
  auto file = read_price_file(*text, *options, progress.report());
  if (!file) return fail(file.error().code, arguments.file + ": " + file.error().message);
  if (file->prices.empty() && file->skipped.empty() && file->models_left_out > 0) {
    return fail(ErrorCode::kNotFound, arguments.file + ": none of its " +
                                          std::to_string(file->models_left_out) +
                                          " models matches " + quote(arguments.models));
  }
  if (file->prices.empty()) {
    tell_reasons(file->skipped, "skipped: ", context);
    return fail(ErrorCode::kInvalidArgument, arguments.file + ": holds no model with a price");
  }
  return file;
}

PlannedChanges plan_changes(PriceFile file, const std::vector<Price>& history, Timestamp now) {
  PlannedChanges plan;
  plan.changes = changes_to(PriceList(history), file.prices, now);
  // What takes over from another row of the same file changes nothing that anyone relies on.
  plan.changed = std::ranges::count_if(plan.changes.changes, [](const PriceChange& change) {
    return change.before && change.before->id != PriceId{};
  });
  plan.restored = std::ranges::count(plan.changes.changes, true, &PriceChange::is_restored);
  plan.file = std::move(file);
  return plan;
}

Table table_of_changes(const std::vector<PriceChange>& changes) {
  Table table{{{"model", "MODEL"}, {"currency", ""}, {"change", "CHANGE", false, Weight::kKey}},
              {}};
  for (const auto& field : kFields) {
    table.columns.push_back({std::string(field.name) + "_before", ""});
    table.columns.push_back({field.name, field.header, true, field.weight});
  }
  table.columns.push_back({"effective_from", ""});
  table.columns.push_back({"also", "ALSO", false, Weight::kDetail});
  for (const auto& change : changes) {
    auto& row = table.rows.emplace_back();
    row = {text_cell(change.after.model), text_cell(change.after.currency),
           text_cell(name_of_change(change))};
    for (const auto& field : kFields) {
      row.push_back(change.before ? field.cell(*change.before) : empty_cell());
      row.push_back({change.after.removed ? nullptr : field.cell(change.after).value,
                     transition_text(field, change)});
    }
    const bool is_now = change.after.effective_from == Timestamp{};
    row.push_back(is_now ? empty_cell() : time_cell(change.after.effective_from));
    row.push_back(text_cell(also_text(change)));
  }
  return table;
}

void tell_summary(const PlannedChanges& plan, Context& context) {
  std::string line = std::to_string(plan.added()) + " new, " + std::to_string(plan.changed) +
                     " changed, " + std::to_string(plan.changes.unchanged) + " unchanged";
  if (plan.restored > 0) line += ", " + std::to_string(plan.restored) + " restored";
  if (plan.file.models_left_out > 0) {
    line += "; " + std::to_string(plan.file.models_left_out) + " left out by --models";
  }
  context.hint(line);
  tell_reasons(plan.file.remarks, "note: ", context);
  tell_reasons(plan.file.skipped, "skipped: ", context);
}

}  // namespace chatgate
