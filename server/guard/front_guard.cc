#include "server/guard/front_guard.h"

#include <array>
#include <string>

#include "common/log/log.h"
#include "server/guard/client_address.h"
#include "server/guard/limit_headers.h"

namespace chatgate {
namespace {

// The places of the rules in the limiter's array, and what people call their spans.
enum RulePlace : size_t { kSecond, kMinute, kHour, kWebDoor };
constexpr std::array<const char*, AddressLimiter::kRulesMax> kSpans{"second", "minute", "hour",
                                                                    "second"};
constexpr unsigned kGeneral = 1U << kSecond | 1U << kMinute | 1U << kHour;

AddressLimiter::Rules limits_of(const Config& config) {
  AddressLimiter::Rules rules;
  rules.at(kSecond) = {config.ip_requests_per_second, 1'000};
  rules.at(kMinute) = {config.ip_requests_per_minute, 60'000};
  rules.at(kHour) = {config.ip_requests_per_hour, 3'600'000};
  rules.at(kWebDoor) = {config.web_requests_per_second, 1'000, config.web_requests_burst};
  return rules;
}

std::string describe(const AddressLimiter::Verdict& verdict) {
  std::string text = std::to_string(verdict.rule.requests) + " per " + kSpans.at(verdict.place);
  if (verdict.rule.burst > 0) text += ", " + std::to_string(verdict.rule.burst) + " at once";
  return text;
}

bool is_limited(const FrontRules& rules, FrontKind kind) {
  return kind != FrontKind::kProbe &&
         (rules.limits_addresses || (rules.limits_web && kind == FrontKind::kWeb));
}

}  // namespace

Result<FrontRules> front_rules_of(const Config& config) {
  FrontRules rules;
  const auto parse = [](const std::vector<std::string>& texts, IpRangeSet& set) {
    return parse_ip_ranges(texts).map([&](IpRangeSet parsed) { set = std::move(parsed); });
  };
  rules.cors = CorsRules(config.cors_origins);
  rules.limits_addresses = config.ip_requests_per_second > 0 || config.ip_requests_per_minute > 0 ||
                           config.ip_requests_per_hour > 0;
  rules.limits_web = config.web_requests_per_second > 0;
  return parse(config.trusted_proxies, rules.trusted_proxies)
      .and_then([&] { return parse(config.allow_ips, rules.allowed); })
      .and_then([&] { return parse(config.deny_ips, rules.denied); })
      .map([&] { return std::move(rules); });
}

void FrontGuard::set_limits(const Config& config) {
  limiter_.set_rules(limits_of(config), clock_.steady_ms());
}

Result<bool> FrontGuard::admit(HttpExchange& exchange, const FrontRules& rules, FrontKind kind) {
  const RequestHead& head = exchange.head();
  const bool is_asking = is_preflight(head);
  static const CorsRules kNobody;
  const CorsRules& cors = kind == FrontKind::kOwnPage ? kNobody : rules.cors;
  if (!is_asking) {  // a refusal too is for the page to read
    for (auto& [name, value] : cors_headers(head, cors)) {
      exchange.add_header(std::move(name), std::move(value));
    }
  }
  const bool has_lists = !rules.denied.empty() || !rules.allowed.empty();
  if (has_lists || is_limited(rules, kind)) {
    warn_of_unknown_proxy(exchange, rules);
    const auto text = client_address(exchange.client_ip(), head, rules.trusted_proxies);
    const auto address = parse_client_address(text);
    const bool is_listed = address && rules.allowed.contains(*address);
    const bool is_open = rules.allowed.empty() || kind == FrontKind::kProbe;
    if ((address && rules.denied.contains(*address)) || (!is_listed && !is_open)) {
      return fail(ErrorCode::kAddressNotAllowed,
                  "the address " + std::string(text) + " may not come in; ask the administrator");
    }
    if (!is_asking && is_limited(rules, kind)) {
      auto limited = limit_address(exchange, address.value_or(IpAddress{}), kind);
      if (!limited) return tl::unexpected(std::move(limited.error()));
    }
  }
  if (is_asking) exchange.answer(204, preflight_headers(head, cors), {});
  return !is_asking;
}

Result<void> FrontGuard::limit_address(HttpExchange& exchange, const IpAddress& address,
                                       FrontKind kind) {
  const unsigned wanted = kGeneral | (kind == FrontKind::kWeb ? 1U << kWebDoor : 0U);
  const auto verdict = limiter_.admit(address, wanted, clock_.steady_ms());
  if (verdict.place == AddressLimiter::kRulesMax) return {};
  LimitStatus status;
  status.requests = {verdict.limit, verdict.remaining, verdict.reset_ms};
  HeaderList headers;
  add_limit_headers(status, headers);
  for (auto& [name, value] : headers) exchange.add_header(std::move(name), std::move(value));
  if (verdict.is_admitted) return {};
  Error error{ErrorCode::kRateLimited,
              "too many requests from your address: " + describe(verdict) + " are allowed"};
  error.retry_after_ms = verdict.retry_after_ms;
  return tl::unexpected(std::move(error));
}

// Behind a proxy that is not trusted all clients look like one, and share one's limits.
void FrontGuard::warn_of_unknown_proxy(const HttpExchange& exchange, const FrontRules& rules) {
  if (has_warned_.load(std::memory_order_relaxed)) return;
  if (exchange.head().header("x-forwarded-for").empty()) return;
  const auto peer = parse_client_address(exchange.client_ip());
  if (!peer || rules.trusted_proxies.contains(*peer) || has_warned_.exchange(true)) return;
  log::warn("forwarded_for_ignored",
            {{"peer", std::string_view(exchange.client_ip())},
             {"reason", std::string_view("it is not among trusted_proxies, so its own address "
                                         "is limited and judged")}});
}

}  // namespace chatgate
