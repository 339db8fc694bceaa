// The form dialect of request bodies: RFC 7578 on top of RFC 2046. Servers' form parsers differ in
// what they tolerate, so only the form that clients really send is taken: CRLF everywhere, no
// preamble, no folding, and the boundary nowhere but in delimiters.
#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include "server/json/json_cursor.h"
#include "server/transport/character_class.h"
#include "server/wire/request_body.h"

namespace chatgate {
namespace {

constexpr size_t kBoundaryBytesMax = 200;  // RFC 2046 says 70, some clients use more
constexpr size_t kPartHeadBytesMax = 8192;
constexpr size_t kPartsMax = 1000;
constexpr size_t kFieldBytesMax = 64;  // of the values that are read here, the model's apart

tl::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::kInvalidRequest,
              "the form in the request body is broken: " + std::string(what));
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

struct Parameter {
  std::string_view name, value;
  bool has_escapes = false;
};

// Reads the first `; name=value` off `rest`, which then starts behind it. Nothing: malformed.
std::optional<Parameter> take_parameter(std::string_view& rest) {
  rest = trim(rest);
  if (rest.empty() || rest.front() != ';') return std::nullopt;
  rest = trim(rest.substr(1));
  const size_t equals = rest.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  Parameter parameter;
  parameter.name = rest.substr(0, equals);
  if (!is_all_in_class(parameter.name, kTokenCharacter)) return std::nullopt;
  rest.remove_prefix(equals + 1);
  size_t end = 0;
  if (rest.empty() || rest.front() != '"') {
    while (end < rest.size() && is_in_class(rest[end], kTokenCharacter)) ++end;
    if (end == 0) return std::nullopt;
    parameter.value = rest.substr(0, end);
    rest.remove_prefix(end);
    return parameter;
  }
  for (end = 1; end < rest.size() && rest[end] != '"'; ++end) {
    if (rest[end] != '\\') continue;
    parameter.has_escapes = true;
    ++end;
  }
  if (end >= rest.size()) return std::nullopt;
  parameter.value = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  return parameter;
}

Result<std::string_view> boundary_of(std::string_view content_type) {
  const size_t semicolon = std::min(content_type.find(';'), content_type.size());
  if (!equals_lower(trim(content_type.substr(0, semicolon)), "multipart/form-data")) {
    return fail(ErrorCode::kUnsupportedMediaType,
                "the content type is neither application/json nor multipart/form-data");
  }
  std::string_view boundary;
  for (std::string_view rest = trim(content_type.substr(semicolon)); !rest.empty();
       rest = trim(rest)) {
    if (rest == ";") break;
    const auto parameter = take_parameter(rest);
    if (!parameter) return broken("the content type's parameters cannot be read");
    if (!equals_lower(parameter->name, "boundary")) continue;
    if (!boundary.empty()) return broken("the content type names two boundaries");
    if (parameter->value.empty() || parameter->value.size() > kBoundaryBytesMax ||
        parameter->has_escapes || parameter->value.back() == ' ') {
      return broken("the content type's boundary is not usable");
    }
    boundary = parameter->value;
  }
  if (boundary.empty()) return broken("the content type names no boundary");
  return boundary;
}

struct Part {
  std::string_view name;
  bool is_file = false;
};

Result<void> take_disposition(std::string_view value, Part& part) {
  const size_t semicolon = std::min(value.find(';'), value.size());
  if (!equals_lower(trim(value.substr(0, semicolon)), "form-data")) {
    return broken("a part's disposition is not form-data");
  }
  bool has_name = false;
  for (std::string_view rest = trim(value.substr(semicolon)); !rest.empty(); rest = trim(rest)) {
    if (rest == ";") break;
    const auto parameter = take_parameter(rest);
    if (!parameter) return broken("a part's disposition cannot be read");
    if (equals_lower(parameter->name, "name")) {
      if (has_name) return broken("a part has two names");
      if (parameter->has_escapes) return broken("a part's name holds a backslash");
      has_name = true;
      part.name = parameter->value;
    } else if (equals_lower(parameter->name, "name*")) {
      return broken("a part's name is encoded");
    } else if (equals_lower(parameter->name, "filename") ||
               equals_lower(parameter->name, "filename*")) {
      part.is_file = true;
    }
  }
  if (!has_name) return broken("a part has no name");
  return {};
}

// `head`: header lines, each ended by CRLF.
Result<Part> read_part_head(std::string_view head) {
  Part part;
  bool has_disposition = false;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 ||
        !is_all_in_class(line.substr(0, colon), kTokenCharacter) ||
        !is_all_in_class(line.substr(colon + 1), kFieldCharacter)) {
      return broken("a part's header is malformed");
    }
    const std::string_view value = trim(line.substr(colon + 1));
    if (equals_lower(line.substr(0, colon), "content-disposition")) {
      if (has_disposition) return broken("a part has two dispositions");
      has_disposition = true;
      if (auto taken = take_disposition(value, part); !taken) {
        return tl::unexpected(std::move(taken.error()));
      }
    } else if (equals_lower(line.substr(0, colon), "content-transfer-encoding") &&
               !equals_lower(value, "binary") && !equals_lower(value, "8bit") &&
               !equals_lower(value, "7bit")) {
      return broken("a part's transfer encoding is none that forms use");
    }
  }
  if (!has_disposition) return broken("a part has no disposition");
  return part;
}

using VisitPart =
    std::function<Result<void>(const Part& part, size_t offset, std::string_view value)>;

// Takes a form apart.
class FormReader {
 public:
  FormReader(std::string_view body, std::string_view boundary) : body_(body) {
    delimiter_.append("--").append(boundary);
  }

  Result<void> read(const VisitPart& visit) {
    if (body_.starts_with("\r\n")) position_ = 2;
    if (body_.substr(position_, delimiter_.size()) != delimiter_) {
      return broken("it does not begin with its boundary");
    }
    position_ += delimiter_.size();
    for (size_t parts = 0; !take("--"); ++parts) {
      if (parts == kPartsMax) return broken("it has too many parts");
      if (!take("\r\n")) return broken("a boundary is not followed by the end of its line");
      if (auto taken = take_part(visit); !taken) return taken;
    }
    take("\r\n");
    if (position_ != body_.size()) return broken("something follows its last boundary");
    return {};
  }

 private:
  bool take(std::string_view expected) {
    if (body_.substr(position_, expected.size()) != expected) return false;
    position_ += expected.size();
    return true;
  }

  // Leaves the position behind the delimiter that ends the part.
  Result<void> take_part(const VisitPart& visit) {
    const std::string_view near = body_.substr(position_, kPartHeadBytesMax);
    const size_t head_bytes = near.find("\r\n\r\n");
    if (head_bytes == std::string_view::npos) return broken("a part's headers have no end");
    auto part = read_part_head(near.substr(0, head_bytes + 2));
    if (!part) return tl::unexpected(std::move(part.error()));
    const size_t begin = position_ + head_bytes + 4;
    const size_t end = body_.find(delimiter_, begin);
    if (end == std::string_view::npos) return broken("its last boundary is missing");
    if (end < begin + 2 || body_.substr(end - 2, 2) != "\r\n") {
      return broken("its boundary occurs inside of a part");
    }
    position_ = end + delimiter_.size();
    return visit(*part, begin, body_.substr(begin, end - 2 - begin));
  }

  std::string_view body_;
  std::string delimiter_;
  size_t position_ = 0;
};

// What metering must know of a form.
class FactsReader {
 public:
  Result<void> take_field(const Part& part, size_t offset, std::string_view value);
  RequestFacts finish() && {
    facts_.max_output_tokens = std::max(facts_.max_chat_tokens, facts_.max_response_tokens);
    return std::move(facts_);
  }

 private:
  Result<void> take_model(size_t offset, std::string_view value);
  Result<void> take_flag(std::string_view name, std::string_view value, bool& flag);
  Result<void> take_count(std::string_view name, std::string_view value, int64_t lowest,
                          int64_t highest, int64_t& count);

  uint32_t seen_ = 0;
  RequestFacts facts_;
};

Result<void> FactsReader::take_field(const Part& part, size_t offset, std::string_view value) {
  constexpr std::string_view kNames[] = {
      "model", "stream", "n", "max_tokens", "max_completion_tokens", "max_output_tokens"};
  const auto* const name = std::ranges::find(kNames, part.name);
  if (name == std::end(kNames)) {
    // Neither an image's nor a recording's tokens follow from its bytes.
    if (part.is_file || part.name == "file_id" || part.name == "image_url") {
      facts_.prompt_bounded_by_body = false;
    }
    return {};
  }
  if (part.is_file) return broken("'" + std::string(*name) + "' is sent as a file");
  const uint32_t bit = uint32_t{1} << (name - kNames);
  if ((seen_ & bit) != 0) {
    return fail(ErrorCode::kInvalidRequest, "duplicate parameter: '" + std::string(*name) + "'",
                std::string(*name));
  }
  seen_ |= bit;
  switch (name - kNames) {
    case 0:
      return take_model(offset, value);
    case 1:
      return take_flag(*name, value, facts_.stream);
    case 2:
      return take_count(*name, value, 1, kChoicesMax, facts_.choices);
    case 5:
      return take_count(*name, value, 0, kOutputTokensMax, facts_.max_response_tokens);
    default:
      return take_count(*name, value, 0, kOutputTokensMax, facts_.max_chat_tokens);
  }
}

Result<void> FactsReader::take_model(size_t offset, std::string_view value) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (value.size() > kModelNameBytesMax || std::ranges::any_of(value, is_control) ||
      !is_valid_utf8(value)) {
    return fail(ErrorCode::kInvalidRequest,
                "the model's name is too long, is not UTF-8 or holds a control character", "model");
  }
  facts_.model = value;
  facts_.model_offset = offset;
  facts_.model_bytes = value.size();
  return {};
}

// Forms have no booleans: servers take any of these words in any case.
Result<void> FactsReader::take_flag(std::string_view name, std::string_view value, bool& flag) {
  constexpr std::string_view kTrue[] = {"true", "1", "yes", "on", "t", "y"};
  constexpr std::string_view kFalse[] = {"false", "0", "no", "off", "f", "n", ""};
  const auto is_value = [value](std::string_view word) { return equals_lower(value, word); };
  flag = std::ranges::any_of(kTrue, is_value);
  if (!flag && std::ranges::none_of(kFalse, is_value)) {
    return fail(ErrorCode::kInvalidRequest,
                "invalid type for '" + std::string(name) + "': expected a boolean",
                std::string(name));
  }
  return {};
}

Result<void> FactsReader::take_count(std::string_view name, std::string_view value, int64_t lowest,
                                     int64_t highest, int64_t& count) {
  int64_t number = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || value.size() > kFieldBytesMax || read.ec != std::errc() ||
      read.ptr != value.data() + value.size() || number < lowest || number > highest) {
    return fail(ErrorCode::kInvalidRequest,
                "invalid value for '" + std::string(name) + "': expected an integer from " +
                    std::to_string(lowest) + " to " + std::to_string(highest),
                std::string(name));
  }
  count = std::max(count, number);
  return {};
}

}  // namespace

Result<RequestFacts> read_multipart_body(std::string_view body, std::string_view content_type) {
  const auto boundary = boundary_of(content_type);
  if (!boundary) return tl::unexpected(boundary.error());
  FactsReader facts;
  const auto read = FormReader(body, *boundary)
                        .read([&](const Part& part, size_t offset, std::string_view value) {
                          return facts.take_field(part, offset, value);
                        });
  if (!read) return tl::unexpected(read.error());
  return std::move(facts).finish();
}

Result<std::string> find_multipart_text(std::string_view body, std::string_view content_type,
                                        std::string_view name) {
  const auto boundary = boundary_of(content_type);
  if (!boundary) return tl::unexpected(boundary.error());
  std::string text;
  const auto read =
      FormReader(body, *boundary).read([&](const Part& part, size_t, std::string_view value) {
        if (part.name == name && !part.is_file && text.empty()) text = value;
        return Result<void>();
      });
  if (!read) return tl::unexpected(read.error());
  return text;
}

}  // namespace chatgate
