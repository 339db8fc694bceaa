#include "common/pricing/price_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <tuple>

#include "common/pricing/litellm_prices.h"
#include "common/pricing/model_pattern.h"
#include "common/text/csv.h"
#include "common/text/json_entries.h"
#include "common/text/quantity.h"
#include "common/text/suggest.h"
#include "common/text/text_file.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

using nlohmann::json;

constexpr size_t kNotPriced = SIZE_MAX;
constexpr const char* kContradicted = "named twice with different prices";
constexpr const char* kPast = "no longer in force";
constexpr const char* kRounded = "rounded, half to even, to 0.000001 per million tokens";

// ---- Our own format -----------------------------------------------------------------------------

const std::vector<std::string> kOwnFields{"model",
                                          "currency",
                                          "per_tokens",
                                          "input",
                                          "cached_input",
                                          "output",
                                          "reasoning",
                                          "audio_input",
                                          "audio_output",
                                          "per_request",
                                          "id",
                                          "removed",
                                          "state",
                                          "max_input_tokens",
                                          "max_output_tokens",
                                          "effective_from"};

// One line or object: a field that is not set is absent or empty.
class OwnRow {
 public:
  OwnRow(const std::map<std::string, std::string>& fields, const PriceFileOptions& options)
      : fields_(fields), options_(options) {}

  bool is_past() const { return text("state") == "past" || text("state") == "replaced"; }
  bool is_rounded() const { return is_rounded_; }

  Result<Price> read() {
    Price price;
    price.model = text("model");
    if (auto checked = check_model_name(price.model); !checked) return refuse(checked.error());
    if (auto read = read_terms(price); !read) return refuse(read.error());
    const auto unit = parse_unit(text("currency").empty() ? options_.currency : text("currency"));
    if (!unit) return refuse(unit.error());
    if (unit->is_tokens()) return refuse({{}, "a price needs a currency like USD, not tokens"});
    price.currency = unit->code;
    const auto removed = parse_boolean(text("removed").empty() ? "false" : text("removed"));
    if (!removed) return refuse(removed.error());
    price.removed = *removed;
    price.effective_from = options_.now;
    if (const std::string from = text("effective_from"); !from.empty()) {
      const auto moment = parse_moment(from, options_.now, Direction::kFuture);
      if (!moment) return refuse(moment.error());
      price.effective_from = *moment;
    }
    return price;
  }

 private:
  std::string text(const char* name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? std::string() : std::string(trim(found->second));
  }

  Result<void> read_terms(Price& price) {
    if (text("input").empty() || text("output").empty()) {
      return fail(ErrorCode::kInvalidArgument, "input and output are needed");
    }
    const auto per = parse_integer(text("per_tokens").empty() ? "1000000" : text("per_tokens"));
    if (!per || (*per != 1 && *per != 1'000 && *per != 1'000'000)) {
      return fail(ErrorCode::kInvalidArgument, "per_tokens is 1, 1000 or 1000000");
    }
    read_price("input", *per, [&](PicosPerToken picos) { price.input = picos; });
    read_price("output", *per, [&](PicosPerToken picos) { price.output = picos; });
    read_price("cached_input", *per, [&](PicosPerToken picos) { price.cached_input = picos; });
    read_price("reasoning", *per, [&](PicosPerToken picos) { price.reasoning = picos; });
    read_price("audio_input", *per, [&](PicosPerToken picos) { price.audio_input = picos; });
    read_price("audio_output", *per, [&](PicosPerToken picos) { price.audio_output = picos; });
    read_per_request(price.per_request);
    read_count("max_input_tokens", price.max_input_tokens);
    read_count("max_output_tokens", price.max_output_tokens);
    if (fault_) return tl::unexpected(*fault_);
    return {};
  }

  template <class Set>
  void read_price(const char* name, int64_t per, const Set& set) {
    if (fault_ || text(name).empty()) return;
    const auto amount = read_number(text(name));
    const auto rounded = amount ? round_token_price(*amount, per, options_.markup)
                                : Result<RoundedPrice>(not_a_number(name));
    if (!rounded) return blame(name, rounded.error());
    is_rounded_ = is_rounded_ || !rounded->is_exact;
    set(rounded->price);
  }

  void read_per_request(Money& money) {
    if (fault_ || text("per_request").empty()) return;
    const auto amount = read_number(text("per_request"));
    const auto product = amount && !amount->is_negative ? multiply(*amount, options_.markup)
                                                        : std::optional<Decimal>();
    const auto nanos = product ? round_half_to_even(*product, Unit{}.decimals()) : std::nullopt;
    if (!nanos) return blame("per_request", not_a_number("per_request").value());
    is_rounded_ = is_rounded_ || !nanos->is_exact;
    money = {nanos->value};
  }

  void read_count(const char* name, int64_t& count) {
    if (fault_ || text(name).empty()) return;
    const auto read = parse_count(text(name));
    if (!read) return blame(name, read.error());
    count = *read;
  }

  tl::unexpected<Error> not_a_number(const char* name) const {
    return fail(ErrorCode::kInvalidArgument, quote(text(name)) + " is not a price");
  }
  void blame(const char* name, const Error& error) {
    fault_ = Error{ErrorCode::kInvalidArgument, std::string(name) + ": " + error.message};
  }
  tl::unexpected<Error> refuse(const Error& error) const {
    return fail(ErrorCode::kInvalidArgument,
                "model " + quote(text("model")) + ": " + error.message);
  }

  const std::map<std::string, std::string>& fields_;
  const PriceFileOptions& options_;
  bool is_rounded_ = false;
  std::optional<Error> fault_;
};

Result<void> check_own_field(const std::string& name) {
  if (std::ranges::find(kOwnFields, name) != kOwnFields.end()) return {};
  return fail(ErrorCode::kInvalidArgument, "there is no field " + quote(name) + " in a price list" +
                                               did_you_mean(name, kOwnFields));
}

// ---- Both formats -------------------------------------------------------------------------------

class PriceFileReader {
 public:
  PriceFileReader(const PriceFileOptions& options, const ProgressReport& report)
      : options_(options), report_(report) {}

  Result<PriceFile> read(std::string_view text) {
    const auto done = looks_like_json_object(text)  ? read_litellm(text)
                      : looks_like_json_array(text) ? read_own_json(text)
                                                    : read_own_csv(text);
    if (!done) return tl::unexpected(done.error());
    add_aliases();
    return finish();
  }

 private:
  bool is_wanted(const std::string& model) {
    if (matches_any_pattern(options_.patterns, model)) return true;
    ++file_.models_left_out;
    return false;
  }

  Result<void> read_litellm(std::string_view text) {
    return for_each_json_entry(
        text,
        [&](const std::string& name, const json& entry) -> Result<void> {
          // The first explains the format, the second holds rules; neither is a model.
          if (name == "sample_spec" || name == "fallback_generalizations") return {};
          if (names_.contains(name)) {
            add_second(name, entry);
          } else {
            names_[name] = kNotPriced;
            add_litellm(name, entry);
          }
          return {};
        },
        report_);
  }

  void add_litellm(const std::string& name, const json& entry) {
    auto model = read_litellm_model(name, entry, options_);
    // An alias may be wanted although the model is not.
    if (model) {
      for (const auto& alias : model->aliases) aliases_.emplace_back(alias, name, model->price);
    }
    if (!is_wanted(name)) return;
    if (!model) {
      file_.skipped[model.error().message].push_back(name);
      return;
    }
    for (const auto& remark : model->remarks) file_.remarks[remark].push_back(name);
    names_[name] = file_.prices.size();
    file_.prices.push_back({model->price, true});
  }

  // Which of two different entries of one name is meant cannot be known.
  void add_second(const std::string& name, const json& entry) {
    const size_t first = names_[name];
    if (first == kNotPriced) return;
    const auto model = read_litellm_model(name, entry, options_);
    if (model && has_same_terms(model->price, file_.prices[first].price)) return;
    if (contradicted_.insert(name).second) file_.skipped[kContradicted].push_back(name);
  }

  void add_aliases() {
    std::set<std::string> added;
    for (auto& [alias, name, price] : aliases_) {
      if (contradicted_.contains(name) || !matches_any_pattern(options_.patterns, alias)) continue;
      price.model = alias;
      if (added.contains(alias)) {
        // Two models claim the name.
        const bool agrees = has_same_terms(price, file_.prices[names_[alias]].price);
        if (!agrees && contradicted_.insert(alias).second) {
          file_.skipped[kContradicted].push_back(alias);
        }
        continue;
      }
      if (names_.contains(alias)) continue;  // a model has it
      added.insert(alias);
      names_[alias] = file_.prices.size();
      file_.prices.push_back({price, true});
    }
  }

  Result<void> read_own_json(std::string_view text) {
    return for_each_json_entry(
        text,
        [&](const std::string&, const json& entry) -> Result<void> {
          ++rows_;
          if (!entry.is_object()) return at_row(Error{{}, "expected an object of one price"});
          std::map<std::string, std::string> fields;
          for (const auto& [name, value] : entry.items()) {
            if (auto checked = check_own_field(name); !checked) return at_row(checked.error());
            if (value.is_null()) continue;
            if (value.is_structured()) return at_row(Error{{}, quote(name) + " is not plain"});
            fields[name] = value.is_boolean() ? value.dump() : value.get<std::string>();
          }
          return add_own(fields);
        },
        report_);
  }

  Result<void> read_own_csv(std::string_view text) {
    is_table_ = true;
    CsvReader reader(text);
    std::vector<std::string> header;
    if (auto more = reader.next(header); !more) return tl::unexpected(more.error());
    if (std::ranges::find(header, "model") == header.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  "this is no price list: neither JSON nor a table with a column \"model\"");
    }
    for (const auto& name : header) {
      if (auto checked = check_own_field(name); !checked) return checked;
    }
    return reader.for_each_row(
        header.size(),
        [&](const std::vector<std::string>& row) {
          rows_ = reader.line();
          std::map<std::string, std::string> fields;
          for (size_t i = 0; i < row.size(); ++i) fields[header[i]] = row[i];
          return add_own(fields);
        },
        report_);
  }

  Result<void> add_own(const std::map<std::string, std::string>& fields) {
    OwnRow row(fields, options_);
    auto price = row.read();
    if (!price) return at_row(price.error());
    if (!is_wanted(price->model)) return {};
    if (row.is_past()) {
      file_.skipped[kPast].push_back(price->model);
      return {};
    }
    if (row.is_rounded()) file_.remarks[kRounded].push_back(price->model);
    file_.prices.push_back({*std::move(price), false});
    return {};
  }

  tl::unexpected<Error> at_row(const Error& error) const {
    return fail(ErrorCode::kInvalidArgument,
                (is_table_ ? "line " : "entry ") + std::to_string(rows_) + ": " + error.message);
  }

  Result<PriceFile> finish() {
    std::erase_if(file_.prices,
                  [&](const FilePrice& row) { return contradicted_.contains(row.price.model); });
    const auto line_of = [](const FilePrice& row) {
      return std::tie(row.price.model, row.price.currency, row.price.effective_from);
    };
    std::ranges::stable_sort(file_.prices, {}, line_of);
    const auto twice = std::ranges::adjacent_find(file_.prices, {}, line_of);
    if (twice != file_.prices.end()) {
      return fail(
          ErrorCode::kInvalidArgument,
          "model " + quote(twice->price.model) + " is named twice with the same currency and time");
    }
    leave_out_past_rows();
    return std::move(file_);
  }

  // Of several rows of one line whose time has come, the last alone is in force.
  void leave_out_past_rows() {
    std::vector<FilePrice> kept;
    for (size_t i = 0; i < file_.prices.size(); ++i) {
      const Price& price = file_.prices[i].price;
      const Price* next = i + 1 < file_.prices.size() ? &file_.prices[i + 1].price : nullptr;
      const bool is_past = next != nullptr && next->model == price.model &&
                           next->currency == price.currency && next->effective_from <= options_.now;
      if (is_past) {
        file_.skipped[kPast].push_back(price.model);
      } else {
        kept.push_back(std::move(file_.prices[i]));
      }
    }
    file_.prices = std::move(kept);
  }

  const PriceFileOptions& options_;
  const ProgressReport& report_;
  PriceFile file_;
  std::map<std::string, size_t> names_;  // of models met, where they stand in the file's prices
  std::set<std::string> contradicted_;
  std::vector<std::tuple<std::string, std::string, Price>> aliases_;
  int64_t rows_ = 0;
  bool is_table_ = false;
};

}  // namespace

Result<PriceFile> read_price_file(std::string_view text, const PriceFileOptions& options,
                                  const ProgressReport& report) {
  return PriceFileReader(options, report).read(text);
}

}  // namespace chatgate
