#include "common/domain/usage_record.h"

#include <catch2/catch_all.hpp>

namespace chatgate {
namespace {

TEST_CASE("a request id is written in 16 hexadecimal digits") {
  CHECK(format_request_id({0}) == "req_0000000000000000");
  CHECK(format_request_id({0x1a2b}) == "req_0000000000001a2b");
  CHECK(format_request_id({INT64_MAX}) == "req_7fffffffffffffff");
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
