#include "common/domain/usage_record.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("a request id is written in 16 hexadecimal digits") {
  CHECK(format_request_id({0}) == "req_0000000000000000");
  CHECK(format_request_id({0x1a2b}) == "req_0000000000001a2b");
  CHECK(format_request_id({INT64_MAX}) == "req_7fffffffffffffff");
}

TEST_CASE("a request id is read as it is written") {
  for (const int64_t value : {int64_t{0}, int64_t{0x1a2b}, INT64_MAX}) {
    CHECK(parse_request_id(format_request_id({value})) == RequestId{value});
  }
  CHECK(parse_request_id("req_000000000000ABCD") == RequestId{0xabcd});
  for (const char* text : {"", "req_", "req_1", "0000000000001a2b", "req_00000000000001a2b",
                           "req_000000000000001g", "req_-000000000000001", "req_ffffffffffffffff",
                           "REQ_0000000000000001", "req_0000000000000001 "}) {
    INFO(text);
    CHECK_FALSE(parse_request_id(text));
  }
}

TEST_CASE("a request id holds its time of arrival") {
  UsageRecord record;
  record.id = {(1'764'600'000'123 << kRequestIdTimeShift) + 77};
  CHECK(record.started_at().unix_ms == 1'764'600'000'123);
}

TEST_CASE("each status has a name") {
  CHECK(name_of(UsageStatus::kCompleted) == "completed");
  CHECK(name_of(UsageStatus::kInterrupted) == "interrupted");
}

}  // namespace
}  // namespace chatgate
