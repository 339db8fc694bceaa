#include "server/upstream/sse_events.h"

#include <algorithm>

namespace chatgate {

void SseEvents::feed(std::string_view bytes, const Visit& visit) {
  while (!bytes.empty()) {
    if (std::exchange(was_carriage_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (line_.size() < kDataBytesMax) line_.append(bytes.substr(0, end));
    bytes.remove_prefix(end);
    if (bytes.empty()) return;
    was_carriage_return_ = bytes.front() == '\r';
    bytes.remove_prefix(1);
    end_line(visit);
  }
}

void SseEvents::finish(const Visit& visit) {
  if (!line_.empty()) end_line(visit);
  end_event(visit);
}

void SseEvents::end_line(const Visit& visit) {
  constexpr std::string_view kData = "data";
  if (line_.empty()) return end_event(visit);
  const size_t colon = std::min(line_.find(':'), line_.size());
  if (std::string_view(line_).substr(0, colon) == kData) {
    auto value = std::string_view(line_).substr(std::min(colon + 1, line_.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (has_data_) data_ += '\n';
    if (data_.size() < kDataBytesMax) data_.append(value);
    has_data_ = true;
  }
  line_.clear();
}

void SseEvents::end_event(const Visit& visit) {
  if (has_data_) visit(data_);
  data_.clear();
  has_data_ = false;
}

}  // namespace chatgate
