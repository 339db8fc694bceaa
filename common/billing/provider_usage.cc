#include "common/billing/provider_usage.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/domain/decimal.h"
#include "common/domain/money.h"
#include "common/text/csv.h"
#include "common/text/json_entries.h"
#include "common/text/quantity.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

using nlohmann::json;

enum class Role : uint8_t {
  kTime,
  kEnd,
  kModel,
  kLineItem,
  kRequestId,
  kCurrency,
  kRequests,
  kPrompt,
  kCached,
  kCompletion,
  kCost,
};

// What fields are called, in lower case with underscores. Of several that play one role in a
// record, the first here counts.
struct FieldName {
  std::string_view name;
  Role role;
};
constexpr FieldName kFieldNames[] = {
    {"day", Role::kTime},
    {"date", Role::kTime},
    {"usage_date", Role::kTime},
    {"start_time_iso", Role::kTime},
    {"start_time", Role::kTime},
    {"timestamp", Role::kTime},
    {"aggregation_timestamp", Role::kTime},
    {"created_at", Role::kTime},
    {"created", Role::kTime},
    {"time", Role::kTime},
    {"end_time_iso", Role::kEnd},
    {"end_time", Role::kEnd},
    {"model", Role::kModel},
    {"model_name", Role::kModel},
    {"model_id", Role::kModel},
    {"snapshot_id", Role::kModel},
    {"line_item", Role::kLineItem},
    {"request_id", Role::kRequestId},
    {"amount_currency", Role::kCurrency},
    {"currency", Role::kCurrency},
    {"unit", Role::kCurrency},
    {"requests", Role::kRequests},
    {"num_model_requests", Role::kRequests},
    {"num_requests", Role::kRequests},
    {"n_requests", Role::kRequests},
    {"request_count", Role::kRequests},
    {"prompt_tokens", Role::kPrompt},
    {"input_tokens", Role::kPrompt},
    {"n_context_tokens_total", Role::kPrompt},
    {"context_tokens", Role::kPrompt},
    {"cached_tokens", Role::kCached},
    {"input_cached_tokens", Role::kCached},
    {"cached_input_tokens", Role::kCached},
    {"n_cached_context_tokens_total", Role::kCached},
    {"completion_tokens", Role::kCompletion},
    {"output_tokens", Role::kCompletion},
    {"n_generated_tokens_total", Role::kCompletion},
    {"generated_tokens", Role::kCompletion},
    {"cost", Role::kCost},
    {"amount_value", Role::kCost},
    {"amount", Role::kCost},
    {"cost_usd", Role::kCost},
    {"total_cost", Role::kCost},
};
constexpr size_t kRoleCount = 11;

// "Input tokens" and "input-tokens" are input_tokens.
std::string normal_name(std::string_view name) {
  std::string normal = to_lower(trim(name));
  for (char& c : normal) {
    if (c == ' ' || c == '-' || c == '.') c = '_';
  }
  return normal;
}

// One record's texts by the roles that they play; the empty ones are left out.
class Record {
 public:
  void set(std::string_view name, std::string_view value) {
    value = trim(value);
    const std::string normal = normal_name(name);
    const auto* const found = std::ranges::find(kFieldNames, normal, &FieldName::name);
    if (found == std::end(kFieldNames)) return;
    const auto rank = static_cast<size_t>(found - kFieldNames);
    Slot& slot = slots_.at(static_cast<size_t>(found->role));
    if (slot.value && (slot.rank <= rank || value.empty())) return;
    if (!value.empty()) slot = {std::string(value), rank};
  }
  const std::optional<std::string>& operator[](Role role) const {
    return slots_.at(static_cast<size_t>(role)).value;
  }

 private:
  struct Slot {
    std::optional<std::string> value;
    size_t rank = 0;
  };
  std::array<Slot, kRoleCount> slots_;
};

tl::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

// Seconds or milliseconds since 1970, or a date in figures, with or without a time.
Result<int64_t> unix_ms_of(const std::string& text) {
  constexpr int64_t kSecondsMax = 100'000'000'000;
  if (const auto number = read_number(text)) {
    const auto whole = round_half_to_even(*number, 0);
    if (whole && whole->value >= 0 && whole->value <= kSecondsMax * 1'000) {
      return whole->value < kSecondsMax ? whole->value * 1'000 : whole->value;
    }
  }
  constexpr size_t kYearDigits = 4;
  if (text.size() > kYearDigits && text[kYearDigits] == '-') {
    const auto moment = parse_moment(text, Timestamp{}, Direction::kPast);
    if (moment && moment->unix_ms >= 0) return moment->unix_ms;
  }
  return refuse(quote(text) + " is not a time: expected 2026-12-01, RFC 3339 or Unix seconds");
}

// "10", and "10.0" as some tables write it.
Result<int64_t> count_of(const std::string& text) {
  const auto number = read_number(text);
  const auto whole = number ? round_half_to_even(*number, 0) : std::nullopt;
  if (whole && whole->is_exact && whole->value >= 0) return whole->value;
  return refuse(quote(text) + " is not a count");
}

class UsageReader {
 public:
  UsageReader(std::string_view currency, const ProgressReport& report)
      : currency_(currency), report_(report) {}

  Result<ProviderUsage> read(std::string_view text) {
    const bool is_object = looks_like_json_object(text);
    const auto done = is_object                     ? read_page(text)
                      : looks_like_json_array(text) ? read_list(text)
                                                    : read_table(text);
    if (!done) return tl::unexpected(done.error());
    if (!usage_.first_day) return refuse("it tells of no day");
    return std::move(usage_);
  }

 private:
  Result<void> read_page(std::string_view text) {
    bool has_data = false;
    const auto read = for_each_json_entry(
        text,
        [&](const std::string& name, const json& value) -> Result<void> {
          if (name == "data") has_data = value.is_array();
          return add_page_member(name, value);
        },
        report_);
    if (!read) return read;
    if (!has_data) return refuse("this JSON has no list \"data\", as usage exports have");
    return {};
  }

  Result<void> read_list(std::string_view text) {
    return for_each_json_entry(
        text,
        [&](const std::string&, const json& value) -> Result<void> {
          if (!value.is_object() || !value.contains("data")) return add_bucket(value);
          for (const auto& [name, member] : value.items()) {
            if (auto added = add_page_member(name, member); !added) return added;
          }
          return {};
        },
        report_);
  }

  Result<void> add_page_member(const std::string& name, const json& value) {
    if (name == "has_more") usage_.has_more = value == true;
    if (name != "data" || !value.is_array()) return {};
    for (const json& bucket : value) {
      if (auto added = add_bucket(bucket); !added) return added;
    }
    return {};
  }

  // Results within a stretch of time, or one plain record.
  Result<void> add_bucket(const json& bucket) {
    ++entries_;
    if (!bucket.is_object()) return at_entry("expected an object");
    Record common;
    for (const auto& [name, value] : bucket.items()) set_flat(common, name, value);
    auto results = bucket.find("results");
    if (results == bucket.end()) results = bucket.find("result");
    if (results == bucket.end() || !results->is_array()) return add(common);
    if (results->empty()) return add(common);
    for (const json& result : *results) {
      if (!result.is_object()) return at_entry("a result is not an object");
      Record record = common;
      for (const auto& [name, value] : result.items()) set_flat(record, name, value);
      if (auto added = add(record); !added) return added;
    }
    return {};
  }

  // {"amount": {"value": 1}} is amount_value.
  static void set_flat(Record& record, const std::string& name, const json& value) {
    if (value.is_string()) record.set(name, value.get_ref<const std::string&>());
    if (!value.is_object()) return;
    for (const auto& [inner, member] : value.items()) {
      std::string joined = name;
      joined += '_';
      joined += inner;
      if (member.is_string()) record.set(joined, member.get_ref<const std::string&>());
    }
  }

  Result<void> read_table(std::string_view text) {
    is_table_ = true;
    CsvReader reader(text);
    std::vector<std::string> header;
    if (auto more = reader.next(header); !more) return tl::unexpected(more.error());
    Record roles;
    for (const auto& name : header) roles.set(name, name);
    if (!roles[Role::kTime]) {
      return refuse("this is no usage export: neither JSON nor a table with a column of dates");
    }
    return reader.for_each_row(
        header.size(),
        [&](const std::vector<std::string>& row) {
          entries_ = reader.line();
          Record record;
          for (size_t i = 0; i < row.size(); ++i) record.set(header[i], row[i]);
          return add(record);
        },
        report_);
  }

  Result<void> add(const Record& record) {
    if (!record[Role::kTime]) return at_entry("it has no date");
    const auto begin_ms = unix_ms_of(*record[Role::kTime]);
    if (!begin_ms) return at_entry(begin_ms.error().message);
    const int64_t day = *begin_ms / kMsPerDay;
    if (auto checked = check_length(record, *begin_ms, day); !checked) return checked;
    usage_.first_day = std::min(usage_.first_day.value_or(day), day);
    usage_.last_day = std::max(usage_.last_day.value_or(day), day);

    MeasureSums sums{};
    bool has_any = false;
    if (auto read = read_measures(record, sums, has_any); !read) {
      return at_entry(read.error().message);
    }
    if (!has_any) return {};
    const std::string model = model_of(record);
    if (!model.empty()) usage_.has_models = true;
    MeasureSums& line = usage_.lines[{day, model}];
    for (size_t i = 0; i < kMeasureCount; ++i) {
      if (__builtin_add_overflow(line[i], sums[i], &line[i])) {
        return at_entry("a sum is too large to be counted");
      }
    }
    return {};
  }

  Result<void> check_length(const Record& record, int64_t begin_ms, int64_t day) const {
    if (!record[Role::kEnd]) return {};
    const auto end_ms = unix_ms_of(*record[Role::kEnd]);
    if (!end_ms) return at_entry(end_ms.error().message);
    if (*end_ms > begin_ms && (*end_ms - 1) / kMsPerDay == day) return {};
    return at_entry("it does not lie within one day in UTC: export in steps of a day or an hour");
  }

  Result<void> read_measures(const Record& record, MeasureSums& sums, bool& has_any) {
    const auto note = [&](Measure measure, int64_t value) {
      sums[static_cast<size_t>(measure)] = value;
      usage_.has[static_cast<size_t>(measure)] = true;
      has_any = true;
    };
    constexpr std::array<std::pair<Role, Measure>, 4> kCounts{
        {{Role::kRequests, Measure::kRequests},
         {Role::kPrompt, Measure::kPrompt},
         {Role::kCached, Measure::kCached},
         {Role::kCompletion, Measure::kCompletion}}};
    for (const auto& [role, measure] : kCounts) {
      if (!record[role]) continue;
      const auto count = count_of(*record[role]);
      if (!count) return tl::unexpected(count.error());
      note(measure, *count);
    }
    // One row for each request.
    if (record[Role::kRequestId] && !record[Role::kRequests]) note(Measure::kRequests, 1);
    if (!record[Role::kCost]) return {};
    const auto currency = parse_unit(record[Role::kCurrency].value_or(currency_));
    if (!currency || currency->code != currency_) {
      ++usage_.amounts_in_other_units;
      return {};
    }
    std::string_view text = *record[Role::kCost];
    if (text.starts_with('$')) text.remove_prefix(1);
    const auto number = read_number(text);
    const auto nanos = number ? round_half_to_even(*number, currency->decimals()) : std::nullopt;
    if (!nanos) return refuse(quote(*record[Role::kCost]) + " is not an amount of money");
    if (!nanos->is_exact) ++usage_.amounts_rounded;
    note(Measure::kCost, nanos->value);
    return {};
  }

  // Costs are listed as "gpt-4o-2024-08-06, input".
  static std::string model_of(const Record& record) {
    if (record[Role::kModel]) return *record[Role::kModel];
    const std::string item = record[Role::kLineItem].value_or("");
    return std::string(trim(item.substr(0, item.find(','))));
  }

  tl::unexpected<Error> at_entry(const std::string& what) const {
    return refuse((is_table_ ? "line " : "entry ") + std::to_string(entries_) + ": " + what);
  }

  std::string currency_;
  const ProgressReport& report_;
  ProviderUsage usage_;
  int64_t entries_ = 0;
  bool is_table_ = false;
};

}  // namespace

std::string_view name_of(Measure measure) {
  constexpr std::array<std::string_view, kMeasureCount> kNames{
      "requests", "prompt_tokens", "cached_tokens", "completion_tokens", "cost"};
  return kNames.at(static_cast<size_t>(measure));
}

Result<ProviderUsage> read_provider_usage(std::string_view text, std::string_view currency,
                                          const ProgressReport& report) {
  return UsageReader(currency, report).read(text);
}

}  // namespace chatgate
