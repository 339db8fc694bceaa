// The options by which the verbs of `usage` choose requests: a span of time, an account, a token, a
// model. One thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/context.h"
#include "common/text/time_zone.h"

namespace chatgate {

struct UsageFilterOptions {
  std::string since;     // empty: from the first request on
  std::string until;     // not included; empty: now
  std::string timezone;  // of what is written without one; empty: UTC
  std::string user;
  std::string token;
  std::string model;
};

// `options` must outlive the parsing.
void add_span_options(CLI::App& verb, UsageFilterOptions& options, const std::string& since_help);
void add_choice_options(CLI::App& verb, UsageFilterOptions& options);

Result<TimeZone> find_time_zone(const UsageFilterOptions& options);
// Names that do not exist are kNotFound, times that cannot be read kInvalidArgument.
Result<UsageFilter> make_usage_filter(const UsageFilterOptions& options, const TimeZone& zone,
                                      Store& store, Timestamp now);
// kNotFound for a model that never had a price, which is most likely misspelt.
Result<void> check_model(Store& store, const std::string& model);

}  // namespace chatgate
