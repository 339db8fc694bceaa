#include "common/log/access_record.h"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace chatgate;

TEST_CASE("an access line tells of a request in one JSON object") {
  AccessRecord record;
  record.id = {0x123456789abcdef};
  record.time = {1'795'168'800'123};
  record.door = "openai";
  record.client = "192.0.2.7";
  record.method = "POST";
  record.path = "/v1/chat/completions";
  record.user = "ann";
  record.token = "sk-cg-abc123";
  record.model = "gpt-4o";
  record.upstream = "default";
  record.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  record.status = 200;
  record.outcome = "completed";
  record.stream = true;
  record.prompt_tokens = 12;
  record.completion_tokens = 34;
  record.cost = {80'000};
  record.unit = "USD";
  record.bytes_in = 300;
  record.bytes_out = 4'000;
  record.first_byte_ms = 7;
  record.duration_ms = 90;
  record.upstream_ms = 5;
  CHECK(format_access_line(record) ==
        R"({"time":"2026-11-20T10:00:00.123Z","id":"req_0123456789abcdef","door":"openai",)"
        R"("client":"192.0.2.7","method":"POST","path":"/v1/chat/completions","user":"ann",)"
        R"("token":"sk-cg-abc123","model":"gpt-4o","upstream":"default",)"
        R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","status":200,)"
        R"("outcome":"completed","stream":true,"prompt_tokens":12,"completion_tokens":34,)"
        R"("cost":"0.00008","unit":"USD","estimated":false,"bytes_in":300,"bytes_out":4000,)"
        R"("first_byte_ms":7,"duration_ms":90,"upstream_ms":5})"
        "\n");
}

TEST_CASE("an access line has every field even of a request that nobody understood") {
  const std::string line = format_access_line({});
  const auto fields = nlohmann::json::parse(line);
  CHECK(fields.size() == 24);
  CHECK(fields["first_byte_ms"].is_null());
  CHECK(fields["upstream_ms"].is_null());
  CHECK(fields["cost"] == "0");
  CHECK(fields["door"] == "");
  CHECK(fields["status"] == 0);
}

TEST_CASE("tokens are counted whole in the access log too") {
  AccessRecord record;
  record.cost = {1234};
  record.unit = "tokens";
  CHECK(nlohmann::json::parse(format_access_line(record))["cost"] == "1234");
}

TEST_CASE("no text of a client can forge an access line") {
  AccessRecord record;
  record.model = "x\"}\n{\"status\":200\x1b\xff\xe2\x80\xa8";
  const std::string line = format_access_line(record);
  CHECK(std::ranges::count(line, '\n') == 1);
  CHECK(line.find("\x1b") == std::string::npos);
  CHECK(nlohmann::json::parse(line)["model"].get<std::string>().starts_with("x\"}\n{\"status\""));
}
