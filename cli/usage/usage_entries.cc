#include "cli/usage/usage_entries.h"

#include "common/text/time_text.h"

namespace chatgate {
namespace {

// To the second for people: "2026-11-20 10:00:00Z".
Cell start_cell(Timestamp time) {
  Cell cell = text_cell(format_rfc3339(time));
  cell.text.replace(10, 1, " ").replace(19, 4, "");
  return cell;
}

}  // namespace

std::vector<Column> columns_of_entries() {
  return {{"id", ""},
          {"started_at", "TIME"},
          {"user", "USER", false, Weight::kKey},
          {"token", "TOKEN", false, Weight::kDetail},
          {"model", "MODEL", false, Weight::kKey},
          {"endpoint", ""},
          {"upstream", ""},
          {"remote_id", ""},
          {"status", "STATUS", false, Weight::kKey},
          {"http_status", ""},
          {"estimated", ""},
          {"prompt_tokens", "PROMPT", true, Weight::kDetail},
          {"cached_tokens", ""},
          {"audio_prompt_tokens", ""},
          {"completion_tokens", "COMPLETION", true, Weight::kDetail},
          {"reasoning_tokens", ""},
          {"audio_completion_tokens", ""},
          {"total_tokens", ""},
          {"cost", "COST", true, Weight::kMoney},
          {"unit", "UNIT", false, Weight::kUnit},
          {"written_off", ""},
          {"price_id", ""},
          {"rate", ""},
          {"duration_ms", "MS", true, Weight::kDetail}};
}

std::vector<Cell> row_of_entry(const UsageEntry& entry) {
  const UsageRecord& record = entry.record;
  const TokenUsage& usage = record.usage;
  return {text_cell(format_request_id(record.id)),
          start_cell(record.started_at()),
          text_cell(entry.user),
          record.token_id.value == 0 ? empty_cell() : text_cell(entry.token),
          text_cell(record.model),
          text_cell(record.endpoint),
          text_cell(record.upstream),
          text_cell(record.remote_id),
          text_cell(name_of(record.status)),
          number_cell(record.http_status),
          boolean_cell(record.estimated),
          number_cell(usage.prompt),
          number_cell(usage.cached_prompt),
          number_cell(usage.audio_prompt),
          number_cell(usage.completion),
          number_cell(usage.reasoning_completion),
          number_cell(usage.audio_completion),
          number_cell(usage.total()),
          money_cell(record.cost, entry.unit),
          text_cell(entry.unit.code),
          money_cell(record.written_off, entry.unit),
          record.price_id.value == 0 ? empty_cell() : number_cell(record.price_id.value),
          money_cell({record.rate.nanos}, Unit{}),
          number_cell(record.duration_ms)};
}

}  // namespace chatgate
