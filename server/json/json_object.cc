#include "server/json/json_object.h"

#include <array>
#include <functional>
#include <optional>

namespace chatgate {
namespace {

using nlohmann::ordered_json;

// Watches a document while it is read. Objects are searched from member to member and copied by
// recursion, so neither their members nor their depth may be what a stranger likes.
class Bounds {
 public:
  struct Exceeded {};

  bool operator()(int depth, ordered_json::parse_event_t event, const ordered_json&) {
    using Event = ordered_json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= kDepthMax) throw Exceeded{};
      members_.at(static_cast<size_t>(depth)) = 0;
    } else if (event == Event::key) {
      // A key's depth is that of its object's members.
      if (++members_.at(static_cast<size_t>(depth - 1)) > kMembersMax) throw Exceeded{};
    }
    if (++events_ > kEventsMax) throw Exceeded{};
    return true;
  }

 private:
  static constexpr int kDepthMax = 32;
  static constexpr int kMembersMax = 128;
  static constexpr int kEventsMax = 100'000;
  std::array<int, kDepthMax> members_{};
  int events_ = 0;
};

tl::unexpected<Error> wrong_member(const char* name, const std::string& expected) {
  return fail(ErrorCode::kInvalidRequest, std::string(name) + " must be " + expected, name);
}

const ordered_json* find_member(const ordered_json& object, const char* name) {
  const auto member = object.find(name);
  return member == object.end() || member->is_null() ? nullptr : &*member;
}

}  // namespace

std::string to_json_text(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string json_string(std::string_view text) { return to_json_text(ordered_json(text)); }

Result<ordered_json> parse_json_object(std::string_view text) {
  Bounds bounds;
  ordered_json value;
  try {
    value = ordered_json::parse(text, std::ref(bounds), false);
  } catch (const Bounds::Exceeded&) {
    return fail(ErrorCode::kInvalidRequest,
                "the body's JSON is nested too deeply or has too many members");
  }
  if (value.is_object()) return value;
  return fail(ErrorCode::kInvalidRequest, "the body must be a JSON object");
}

Result<std::string> text_member(const ordered_json& object, const char* name) {
  const auto* member = find_member(object, name);
  if (member == nullptr) return std::string();
  if (!member->is_string()) return wrong_member(name, "a text");
  return member->get<std::string>();
}

Result<std::optional<int64_t>> integer_member(const ordered_json& object, const char* name,
                                              int64_t min, int64_t max) {
  const auto* member = find_member(object, name);
  if (member == nullptr) return std::optional<int64_t>();
  const bool is_small = member->is_number_integer() &&
                        !(member->is_number_unsigned() && member->get<uint64_t>() > INT64_MAX);
  if (is_small && member->get<int64_t>() >= min && member->get<int64_t>() <= max) {
    return std::optional(member->get<int64_t>());
  }
  return wrong_member(name,
                      "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
}

Result<ordered_json> number_member(const ordered_json& object, const char* name, double min,
                                   double max) {
  const auto* member = find_member(object, name);
  if (member == nullptr) return ordered_json(nullptr);
  if (member->is_number() && member->get<double>() >= min && member->get<double>() <= max) {
    return *member;
  }
  return wrong_member(
      name, "a number from " + ordered_json(min).dump() + " to " + ordered_json(max).dump());
}

}  // namespace chatgate
