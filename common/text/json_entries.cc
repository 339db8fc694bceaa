#include "common/text/json_entries.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "common/text/quantity.h"
#include "common/text/text_file.h"

namespace chatgate {
namespace {

using nlohmann::json;

constexpr size_t kDepthMax = 32;
constexpr size_t kReportEveryBytes = 1 << 20;

// Walks through the text and leaves behind, for whoever listens, how far it came.
class TrackedIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  TrackedIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  TrackedIterator operator++(int) {
    TrackedIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackedIterator& other) const { return at_ == other.at_; }
  bool operator!=(const TrackedIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// What the parser reports, put together to one value for each entry of the document.
class EntryBuilder {
 public:
  EntryBuilder(std::string_view text, const JsonEntryVisitor& visit, const ProgressReport& report)
      : text_(text), visit_(visit), report_(report), reached_(text.data()) {}

  Result<void> read() {
    json::sax_parse(TrackedIterator(text_.data(), &reached_),
                    TrackedIterator(text_.data() + text_.size(), &reached_), this);
    if (error_) return tl::unexpected(*error_);
    return {};
  }

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(json::number_integer_t value) { return put(std::to_string(value)); }
  bool number_unsigned(json::number_unsigned_t value) { return put(std::to_string(value)); }
  bool number_float(json::number_float_t, const std::string& written) { return put(written); }
  bool string(std::string& value) { return put(std::move(value)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(size_t) { return open(json::object()); }
  bool start_array(size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    if (open_.size() > 1 && open_.back().contains(name)) {
      return stop(quote(name) + " is named twice in one object");
    }
    names_.back() = std::move(name);
    return true;
  }

  bool parse_error(size_t offset, const std::string&, const nlohmann::detail::exception& error) {
    reached_ = text_.data() + std::min(offset == 0 ? 0 : offset - 1, text_.size());
    const bool is_at_end = offset > text_.size();
    if (dynamic_cast<const json::out_of_range*>(&error) != nullptr) {
      return stop("a number that is out of range");
    }
    return stop(is_at_end ? "the text ends in the middle of its JSON" : "this is not JSON");
  }

 private:
  bool open(json container) {
    if (open_.size() == kDepthMax) return stop("nested deeper than 32 levels");
    open_.push_back(std::move(container));
    names_.emplace_back();
    return true;
  }

  bool close() {
    json value = std::move(open_.back());
    open_.pop_back();
    names_.pop_back();
    return open_.empty() || put(std::move(value));
  }

  bool put(json value) {
    if (open_.empty()) return stop("expected a list in [ ] or an object in { }");
    if (open_.size() == 1) return hand_over(std::move(value));
    json& container = open_.back();
    if (container.is_array()) {
      container.push_back(std::move(value));
    } else {
      container[names_.back()] = std::move(value);
    }
    return true;
  }

  bool hand_over(json value) {
    if (auto visited = visit_(names_.back(), std::move(value)); !visited) {
      error_ = visited.error();
      return false;
    }
    const auto done = static_cast<size_t>(reached_ - text_.data());
    if (done - reported_ < kReportEveryBytes) return true;
    reported_ = done;
    if (!report_ || report_(static_cast<int64_t>(done), static_cast<int64_t>(text_.size()))) {
      return true;
    }
    error_ = Error{ErrorCode::kInterrupted, "interrupted: nothing was changed"};
    return false;
  }

  bool stop(const std::string& what) {
    const auto offset = static_cast<size_t>(reached_ - text_.data());
    error_ = Error{ErrorCode::kInvalidArgument, position_of(text_, offset) + ": " + what};
    return false;
  }

  std::string_view text_;
  const JsonEntryVisitor& visit_;
  const ProgressReport& report_;
  const char* reached_;
  size_t reported_ = 0;
  std::vector<json> open_;          // the containers that are not closed yet, the document first
  std::vector<std::string> names_;  // in each of them, the member that is being read
  std::optional<Error> error_;
};

char first_character(std::string_view text) {
  const std::string_view rest = trim(without_byte_order_mark(text));
  return rest.empty() ? '\0' : rest.front();
}

}  // namespace

Result<void> for_each_json_entry(std::string_view text, const JsonEntryVisitor& visit,
                                 const ProgressReport& report) {
  return EntryBuilder(without_byte_order_mark(text), visit, report).read();
}

bool looks_like_json_object(std::string_view text) { return first_character(text) == '{'; }
bool looks_like_json_array(std::string_view text) { return first_character(text) == '['; }

}  // namespace chatgate
