// PURPOSE. Relay a stream as it comes and yet know what it cost before the client knows that it is
// over.
//
// DESIGN. Bytes are cut into lines and events wherever the upstream's pieces happen to end; data
// goes straight into the JSON scanner, so nothing is assembled. An event is held until its blank
// line, because only then its fate is known: pass, hide, or hold as the end of the stream. Whatever
// the split, the client gets the same bytes; only a line feed behind a carriage return can arrive
// after its line was routed, and then follows it.
#include "server/upstream/sse_filter.h"

#include <algorithm>
#include <cstring>

namespace chatgate {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr size_t kMarkDone = 4;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

size_t find_byte(std::string_view bytes, size_t from, size_t end, char byte) {
  const void* found = std::memchr(bytes.data() + from, byte, end - from);
  return found == nullptr ? end
                          : static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
}

}  // namespace

SseFilter::SseFilter(bool hide_usage_chunk) : hide_usage_chunk_(hide_usage_chunk) {}

void SseFilter::count_text(const Encoding& encoding, bool is_one_text) {
  is_one_text_ = is_one_text;
  scanner_.count_text_in(&text_.emplace(encoding));
}

int64_t SseFilter::content_tokens() const {
  return content_events_ - text_events_ + (text_ ? text_->tokens() : 0);
}

// `line_feed` remembers the next line feed, so that text which ends its lines with CR alone is not
// searched to its end for every line.
size_t SseFilter::end_of_line(std::string_view bytes, size_t from, size_t& line_feed) const {
  if (line_feed < from) line_feed = find_byte(bytes, from, bytes.size(), '\n');
  return find_byte(bytes, from, line_feed, '\r');
}

void SseFilter::feed(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  size_t routed = 0;  // bytes before it are dealt with
  size_t at = 0;
  if (was_carriage_return_ && bytes.front() == '\n') {
    at = 1;
    has_crlf_ = true;
    if (was_routed_) {
      route(last_fate_, bytes.substr(0, 1), out);
      routed = 1;
    }
  }
  was_carriage_return_ = false;
  size_t line_feed = find_byte(bytes, at, bytes.size(), '\n');
  while (at < bytes.size()) {
    const size_t end = end_of_line(bytes, at, line_feed);
    take_line_piece(bytes.substr(at, end - at));
    if (end == bytes.size()) break;
    const size_t event_bytes = passed_bytes_ + pending_.size() + (end - routed);
    at = end + 1;
    if (bytes[end] == '\r') {
      if (at == bytes.size()) {
        was_carriage_return_ = true;
      } else if (bytes[at] == '\n') {
        ++at;
        has_crlf_ = true;
      }
    }
    was_routed_ = true;
    if (is_line_empty_) {
      route(finish_event(event_bytes), bytes.substr(routed, at - routed), out);
      start_event();
      routed = at;
    } else if (field_ == Field::kComment && !has_fields_) {
      // A comment before the fields waits for nothing: it keeps the connection alive.
      route(Fate::kPass, bytes.substr(routed, at - routed), out);
      passed_bytes_ = 0;
      routed = at;
    } else {
      was_routed_ = false;
    }
    end_line();
  }
  keep_rest(bytes.substr(routed), out);
  // An event may lack only its blank line when the upstream closes; what it says counts already.
  if (data_lines_ > 0 && scanner_.is_complete()) note_facts();
}

void SseFilter::route(Fate fate, std::string_view bytes, std::string& out) {
  last_fate_ = fate;
  if (fate != Fate::kHide) {
    const bool is_withheld = has_end_ && !is_released_;
    std::string& target = is_withheld ? withheld_ : out;
    target.append(pending_).append(bytes);
    if (!is_withheld) mid_event_ = false;
  }
  pending_.clear();
}

// Of an event that has become too large to hold, all but the latest bytes are passed on; these stay
// because the event may yet turn out to be the end, of which the client must not see the last byte.
void SseFilter::keep_rest(std::string_view rest, std::string& out) {
  if (rest.empty()) return;
  const size_t event_bytes = passed_bytes_ + pending_.size() + rest.size();
  if (event_bytes <= kEventBytesHeldMax && !is_released_) {
    pending_.append(rest);
    return;
  }
  const size_t kept = is_released_ ? 0 : std::min(rest.size(), kPieceBytesHeldMax);
  const bool is_withheld = has_end_ && !is_released_;
  std::string& target = is_withheld ? withheld_ : out;
  target.append(pending_).append(rest.substr(0, rest.size() - kept));
  passed_bytes_ = event_bytes - kept;
  if (!is_withheld && passed_bytes_ > 0) mid_event_ = true;
  pending_.assign(rest.substr(rest.size() - kept));
}

void SseFilter::release(std::string& out) {
  out.append(withheld_);
  withheld_.clear();
  withheld_.shrink_to_fit();
  const bool is_complete = data_lines_ > 0 && scanner_.is_complete();
  if (is_complete) count_content();
  if (is_complete && passed_bytes_ == 0 && is_usage_chunk()) {
    pending_.clear();
  } else {
    out.append(pending_);
  }
  passed_bytes_ += pending_.size();
  pending_.clear();
  mid_event_ = passed_bytes_ > 0;
  is_released_ = true;
}

// ---- Lines --------------------------------------------------------------------------------------

void SseFilter::take_line_piece(std::string_view piece) {
  if (mark_bytes_ != kMarkDone) piece = without_mark(piece);
  if (piece.empty()) return;
  is_line_empty_ = false;
  if (field_ == Field::kUnknown) {
    piece = take_field_name(piece);
    if (piece.empty()) return;
  }
  if (is_value_start_) {
    is_value_start_ = false;
    if (piece.front() == ' ') piece.remove_prefix(1);
  }
  if (field_ == Field::kData) {
    take_data(piece);
  } else if (field_ == Field::kEvent) {
    const size_t kept = std::min(piece.size(), event_name_.size() - event_name_bytes_);
    std::copy_n(piece.data(), kept, event_name_.data() + event_name_bytes_);
    event_name_bytes_ += kept;
  }
}

std::string_view SseFilter::without_mark(std::string_view piece) {
  while (!piece.empty() && mark_bytes_ < kByteOrderMark.size() &&
         piece.front() == kByteOrderMark[mark_bytes_]) {
    piece.remove_prefix(1);
    ++mark_bytes_;
  }
  if (mark_bytes_ == kByteOrderMark.size() || !piece.empty()) {
    if (mark_bytes_ > 0 && mark_bytes_ < kByteOrderMark.size()) {
      is_line_empty_ = false;
      has_fields_ = true;
      field_ = Field::kOther;  // the beginning of a mark is the beginning of an unknown name
    }
    mark_bytes_ = kMarkDone;
  }
  return piece;
}

// Takes the field's name and colon off, as far as they are there.
std::string_view SseFilter::take_field_name(std::string_view piece) {
  constexpr std::string_view kData = "data:";
  if (name_bytes_ == 0 && piece.starts_with(kData)) {
    start_data_line();
    piece.remove_prefix(kData.size());
    return piece;
  }
  while (!piece.empty() && field_ == Field::kUnknown) {
    const char c = piece.front();
    const std::string_view name(name_.data(), name_bytes_);
    if (c == ':' && name.empty()) {
      field_ = Field::kComment;
    } else if (c == ':' && name == "data") {
      start_data_line();
    } else if (c == ':' && name == "event") {
      field_ = Field::kEvent;
      event_name_bytes_ = 0;
      is_value_start_ = true;
    } else if (c == ':' || name_bytes_ == name_.size()) {
      field_ = Field::kOther;
    } else {
      name_[name_bytes_++] = c;
    }
    piece.remove_prefix(1);
  }
  if (field_ != Field::kComment) has_fields_ = true;
  return piece;
}

void SseFilter::start_data_line() {
  field_ = Field::kData;
  has_fields_ = true;
  is_value_start_ = true;
  if (data_lines_++ > 0) take_data("\n");
}

void SseFilter::take_data(std::string_view piece) {
  scanner_.feed(piece);
  if (data_bytes_ < static_cast<int64_t>(data_start_.size())) {
    const auto have = static_cast<size_t>(data_bytes_);
    std::copy_n(piece.data(), std::min(piece.size(), data_start_.size() - have),
                data_start_.data() + have);
  }
  data_bytes_ += static_cast<int64_t>(piece.size());
}

void SseFilter::end_line() {
  // A name without a colon is a field without a value.
  const std::string_view name(name_.data(), name_bytes_);
  if (field_ == Field::kUnknown && name == "data") start_data_line();
  if (field_ == Field::kUnknown && name == "event") event_name_bytes_ = 0;
  field_ = Field::kUnknown;
  is_line_empty_ = true;
  is_value_start_ = false;
  name_bytes_ = 0;
  mark_bytes_ = kMarkDone;
}

// ---- Events -------------------------------------------------------------------------------------

void SseFilter::start_event() {
  if (data_lines_ > 0) scanner_.reset();
  has_fields_ = is_counted_ = false;
  data_lines_ = 0;
  data_bytes_ = 0;
  passed_bytes_ = 0;
  event_name_bytes_ = 0;
}

SseFilter::Fate SseFilter::finish_event(size_t event_bytes) {
  if (data_lines_ == 0) return Fate::kPass;
  note_facts();
  count_content();
  if (event_bytes <= kEventBytesHeldMax && passed_bytes_ == 0 && !is_released_ &&
      is_usage_chunk()) {
    return Fate::kHide;
  }
  if (!has_end_ && ends_stream()) has_end_ = true;
  return has_end_ ? Fate::kHold : Fate::kPass;
}

void SseFilter::note_facts() {
  const AnswerFacts& event = scanner_.facts();
  if (facts_.id.empty() && !event.id.empty()) facts_.id = event.id;
  if (facts_.model.empty() && !event.model.empty()) facts_.model = event.model;
  if (!event.type.empty()) facts_.type = event.type;
  if (event.usage) facts_.usage = event.usage;
  facts_.has_usage_object = facts_.has_usage_object || event.has_usage_object;
  facts_.has_error = facts_.has_error || event.has_error;
  facts_.has_choices = facts_.has_choices || event.has_choices;
  if (event.has_choices) facts_.choices_empty = event.choices_empty;
}

void SseFilter::count_content() {
  if (is_counted_) return;
  const AnswerFacts& event = scanner_.facts();
  // Events of the Responses API repeat in *.done what the *.delta before them said.
  const bool has_content =
      event.has_content &&
      (event.type.empty()
           ? !event.has_choices || !event.choices_empty
           : event.type.ends_with("delta") || event.type.find("partial") != std::string::npos);
  if (!has_content) return;
  is_counted_ = true;
  facts_.has_content = true;
  ++content_events_;
  if (text_ && text_->take_news()) {
    ++text_events_;
    if (!is_one_text_) text_->end_text();
  }
  content_bytes_ += data_bytes_;
}

bool SseFilter::is_usage_chunk() const {
  const AnswerFacts& event = scanner_.facts();
  return hide_usage_chunk_ && event.has_usage_object && event.has_choices && event.choices_empty &&
         !event.has_error;
}

bool SseFilter::ends_stream() const {
  constexpr std::string_view kDone = "[DONE]";
  std::string_view data;
  if (data_bytes_ <= static_cast<int64_t>(data_start_.size())) {
    data = {data_start_.data(), static_cast<size_t>(data_bytes_)};
  }
  while (!data.empty() && is_blank(data.back())) data.remove_suffix(1);
  while (!data.empty() && is_blank(data.front())) data.remove_prefix(1);
  if (data == kDone) return true;
  const AnswerFacts& event = scanner_.facts();
  const std::string_view type =
      event.type.empty() ? std::string_view(event_name_.data(), event_name_bytes_) : event.type;
  if (type.starts_with("response.")) {
    const std::string_view what = type.substr(std::string_view("response.").size());
    if (what == "completed" || what == "failed" || what == "incomplete" || what == "cancelled") {
      return true;
    }
  }
  return event.has_usage_object && (type.ends_with(".done") || type.ends_with(".completed"));
}

}  // namespace chatgate
