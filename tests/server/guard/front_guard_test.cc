#include "server/guard/front_guard.h"

#include <catch2/catch_all.hpp>
#include <map>
#include <stdexcept>

#include "tests/support/manual_clock.h"

namespace chatgate {
namespace {

using Catch::Matchers::ContainsSubstring;

// A request that is only looked at.
class SeenExchange final : public HttpExchange {
 public:
  std::string peer;
  RequestHead request_head;
  std::map<std::string, std::string> added;
  int status = 0;
  HeaderList answered;

  EventLoop& loop() override { throw std::logic_error("no loop"); }
  RequestId id() const override { return {}; }
  const RequestHead& head() const override { return request_head; }
  std::string_view path() const override { return {}; }
  std::string_view query() const override { return {}; }
  const std::string& client_ip() const override { return peer; }
  Result<std::string> read_body(size_t, uint64_t) override { throw std::logic_error("no body"); }
  void on_client_gone(std::function<void()>) override {}
  void add_header(std::string name, std::string value) override { added[name] = value; }
  void answer(int code, HeaderList headers, std::string) override {
    status = code;
    answered = std::move(headers);
  }
  void stream(int, HeaderList, int64_t, std::function<bool(BodySink&)>) override {}
};

struct Fixture {
  ManualClock clock;
  FrontGuard guard{clock};
  Config config;
  FrontRules rules;
  SeenExchange exchange;

  void configure() {
    rules = front_rules_of(config).value();
    guard.set_limits(config);
  }
  Result<bool> ask(const std::string& peer, FrontKind kind = FrontKind::kApi,
                   std::vector<HeaderField> fields = {}, std::string_view method = "POST") {
    exchange = {};
    exchange.peer = peer;
    exchange.request_head.method = method;
    exchange.request_head.fields = std::move(fields);
    return guard.admit(exchange, rules, kind);
  }
  bool is_refused(const std::string& peer, FrontKind kind = FrontKind::kApi,
                  std::vector<HeaderField> fields = {}) {
    const auto admitted = ask(peer, kind, std::move(fields));
    return !admitted && admitted.error().code == ErrorCode::kAddressNotAllowed;
  }
};

TEST_CASE_METHOD(Fixture, "whoever is denied stays out, whatever else allows him",
                 "[front_guard]") {
  config.deny_ips = {"192.0.2.0/28", "2001:db8:bad::/48"};
  configure();
  CHECK(is_refused("192.0.2.15"));
  CHECK(is_refused("::ffff:192.0.2.15"));
  CHECK_FALSE(is_refused("192.0.2.16"));
  CHECK(is_refused("2001:db8:bad::7"));
  CHECK_FALSE(is_refused("2001:db8::7"));
  config.allow_ips = {"192.0.2.0/24"};
  configure();
  CHECK(is_refused("192.0.2.15"));
  CHECK_FALSE(is_refused("192.0.2.16"));
  CHECK(is_refused("2001:db8::7"));
  CHECK(is_refused("unknown"));
  CHECK_THAT(ask("192.0.2.15").error().message, ContainsSubstring("192.0.2.15"));
}

TEST_CASE_METHOD(Fixture, "probes need not be listed, but may be denied", "[front_guard]") {
  config.allow_ips = {"192.0.2.0/24"};
  config.deny_ips = {"192.0.2.9"};
  config.ip_requests_per_hour = 1;
  configure();
  for (int i = 0; i < 5; ++i) CHECK(ask("10.0.0.1", FrontKind::kProbe));
  CHECK(is_refused("10.0.0.1"));
  CHECK(is_refused("192.0.2.9", FrontKind::kProbe));
}

TEST_CASE_METHOD(Fixture, "behind a trusted proxy its clients are judged", "[front_guard]") {
  config.trusted_proxies = {"10.0.0.0/8"};
  config.deny_ips = {"192.0.2.9"};
  config.ip_requests_per_minute = 1;
  configure();
  CHECK(is_refused("10.0.0.1", FrontKind::kApi, {{"X-Forwarded-For", "192.0.2.9"}}));
  CHECK_FALSE(is_refused("198.51.100.1", FrontKind::kApi, {{"X-Forwarded-For", "192.0.2.9"}}));
  CHECK(ask("10.0.0.1", FrontKind::kApi, {{"X-Forwarded-For", "192.0.2.1"}}));
  CHECK(ask("10.0.0.2", FrontKind::kApi, {{"X-Forwarded-For", "192.0.2.2"}}));
  CHECK_FALSE(ask("10.0.0.2", FrontKind::kApi, {{"X-Forwarded-For", "9.9.9.9, 192.0.2.1"}}));
}

TEST_CASE_METHOD(Fixture, "a refusal says which limit it was and when to come again",
                 "[front_guard]") {
  config.ip_requests_per_second = 1;
  config.ip_requests_per_minute = 2;
  configure();
  REQUIRE(ask("192.0.2.1"));
  CHECK(exchange.added["x-ratelimit-limit-requests"] == "1");
  CHECK(exchange.added["x-ratelimit-remaining-requests"] == "0");
  CHECK(exchange.added["x-ratelimit-reset-requests"] == "1s");
  auto refused = ask("192.0.2.1");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kRateLimited);
  CHECK(refused.error().retry_after_ms == 1'000);
  CHECK(refused.error().message == "too many requests from your address: 1 per second are allowed");
  clock.advance_ms(1'500);
  REQUIRE(ask("192.0.2.1"));
  refused = ask("192.0.2.1");
  CHECK(refused.error().retry_after_ms == 58'500);
  CHECK_THAT(refused.error().message, ContainsSubstring("2 per minute"));
  CHECK(exchange.added["x-ratelimit-limit-requests"] == "2");
  CHECK(exchange.added["x-ratelimit-reset-requests"] == "1m0s");
}

TEST_CASE_METHOD(Fixture, "the door web has a limit of its own besides", "[front_guard]") {
  configure();  // 1 per second, 2 at once
  for (int i = 0; i < 9; ++i) CHECK(ask("192.0.2.1"));
  for (int i = 0; i < 2; ++i) CHECK(ask("192.0.2.1", FrontKind::kWeb));
  const auto refused = ask("192.0.2.1", FrontKind::kWeb);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().retry_after_ms == 1'000);
  CHECK_THAT(refused.error().message, ContainsSubstring("1 per second, 2 at once"));
  CHECK(ask("192.0.2.1"));
  config.web_requests_per_second = 0;
  configure();
  for (int i = 0; i < 9; ++i) CHECK(ask("192.0.2.1", FrontKind::kWeb));
}

TEST_CASE_METHOD(Fixture, "limits that are read again forget nothing", "[front_guard]") {
  config.ip_requests_per_hour = 3;
  configure();
  for (int i = 0; i < 3; ++i) CHECK(ask("192.0.2.1"));
  config.ip_requests_per_hour = 4;
  config.ip_requests_per_minute = 10;
  configure();
  CHECK(ask("192.0.2.1"));
  CHECK_FALSE(ask("192.0.2.1"));
}

TEST_CASE_METHOD(Fixture, "a preflight is answered at once and counts nowhere", "[front_guard]") {
  config.ip_requests_per_minute = 1;
  config.deny_ips = {"192.0.2.9"};
  configure();
  const std::vector<HeaderField> fields{{"Origin", "https://a.example"},
                                        {"Access-Control-Request-Method", "POST"}};
  for (int i = 0; i < 5; ++i) {
    const auto admitted = ask("192.0.2.1", FrontKind::kApi, fields, "OPTIONS");
    REQUIRE(admitted);
    CHECK_FALSE(*admitted);
    CHECK(exchange.status == 204);
  }
  CHECK(ask("192.0.2.1").value());
  CHECK_FALSE(ask("192.0.2.1", FrontKind::kApi, {{"Origin", "https://a.example"}}));
  CHECK(exchange.added["Access-Control-Allow-Origin"] == "*");  // the page may read why
  CHECK_FALSE(ask("192.0.2.9", FrontKind::kApi, fields, "OPTIONS"));
}

TEST_CASE_METHOD(Fixture, "a page of the gateway's own is for no other page", "[front_guard]") {
  configure();  // all origins
  CHECK(ask("192.0.2.1", FrontKind::kOwnPage, {{"Origin", "https://a.example"}}).value());
  CHECK_FALSE(exchange.added.contains("Access-Control-Allow-Origin"));
  const auto admitted = ask("192.0.2.1", FrontKind::kOwnPage,
                            {{"Origin", "https://a.example"},
                             {"Access-Control-Request-Method", "POST"},
                             {"Access-Control-Request-Headers", "authorization"}},
                            "OPTIONS");
  CHECK_FALSE(admitted.value());
  CHECK(exchange.status == 204);
  for (const auto& [name, value] : exchange.answered) CHECK_FALSE(name.starts_with("Access"));
  config.ip_requests_per_minute = 1;
  configure();
  CHECK(ask("192.0.2.1", FrontKind::kOwnPage));
  CHECK_FALSE(ask("192.0.2.1", FrontKind::kOwnPage));
}

TEST_CASE("lists with what is no address are refused", "[front_guard]") {
  Config config;
  config.deny_ips = {"192.0.2.0/33"};
  CHECK(front_rules_of(config).error().code == ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace chatgate
