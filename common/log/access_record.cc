#include "common/log/access_record.h"

#include <charconv>

#include "common/domain/usage_record.h"
#include "common/text/json_text.h"
#include "common/text/time_text.h"

namespace chatgate {
namespace {

constexpr size_t kLineBytesExpected = 640;

// Fields in their order, the first one without a comma before it.
class LineWriter {
 public:
  LineWriter() {
    line_.reserve(kLineBytesExpected);
    line_ += '{';
  }

  void text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(line_, value);
  }
  void number(std::string_view name, int64_t value) {
    begin(name);
    char digits[24];
    line_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void number_or_null(std::string_view name, int64_t value) {
    value < 0 ? word(name, "null") : number(name, value);
  }
  void word(std::string_view name, std::string_view value) {
    begin(name);
    line_ += value;
  }
  std::string take() && {
    line_ += "}\n";
    return std::move(line_);
  }

 private:
  void begin(std::string_view name) {
    if (line_.size() > 1) line_ += ',';
    line_.append("\"").append(name).append("\":");
  }

  std::string line_;
};

}  // namespace

std::string format_access_line(const AccessRecord& record) {
  LineWriter line;
  line.text("time", format_rfc3339(record.time));
  line.text("id", format_request_id(record.id));
  line.text("door", record.door);
  line.text("client", record.client);
  line.text("method", record.method);
  line.text("path", record.path);
  line.text("user", record.user);
  line.text("token", record.token);
  line.text("model", record.model);
  line.text("upstream", record.upstream);
  line.text("trace_id", record.trace_id);
  line.number("status", record.status);
  line.text("outcome", record.outcome);
  line.word("stream", record.stream ? "true" : "false");
  line.number("prompt_tokens", record.prompt_tokens);
  line.number("completion_tokens", record.completion_tokens);
  line.text("cost", record.unit.empty() ? "0" : format_money(record.cost, Unit{record.unit}));
  line.text("unit", record.unit);
  line.word("estimated", record.estimated ? "true" : "false");
  line.number("bytes_in", record.bytes_in);
  line.number("bytes_out", record.bytes_out);
  line.number_or_null("first_byte_ms", record.first_byte_ms);
  line.number("duration_ms", record.duration_ms);
  line.number_or_null("upstream_ms", record.upstream_ms);
  return std::move(line).take();
}

}  // namespace chatgate
