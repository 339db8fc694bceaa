#include "server/upstream/upstream_head.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace chatgate {
namespace {

constexpr size_t kHeadersExpected = 24;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

void append_list(std::string& list, std::string_view value) {
  for (const char c : value) {
    if (c != ' ' && c != '\t') list += lower(c);
  }
  list += ',';
}

// Hop-by-hop (RFC 9110, 7.6.1), or made anew for the client's side of the relay.
bool stops_here(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "connection",        "keep-alive", "proxy-authenticate",
      "proxy-connection",  "te",         "trailer",
      "transfer-encoding", "upgrade",    "content-length",
      "content-encoding",  "set-cookie", "alt-svc"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool lists(const std::string& list, std::string_view entry) {
  for (size_t begin = 0; begin < list.size();) {
    const size_t comma = list.find(',', begin);
    if (std::string_view(list).substr(begin, comma - begin) == entry) return true;
    begin = comma + 1;
  }
  return false;
}

}  // namespace

void UpstreamHeadBuilder::begin(int status) {
  *this = {};
  head_.status = status;
  head_.headers.reserve(kHeadersExpected);
}

bool UpstreamHeadBuilder::add(std::string_view name, std::string_view value) {
  std::string lower_name(name);
  std::transform(name.begin(), name.end(), lower_name.begin(), lower);
  note_framing(lower_name, value);
  is_latest_kept_ = !stops_here(lower_name) && head_.headers.size() < kHeadersMax;
  if (is_latest_kept_) head_.headers.emplace_back(std::move(lower_name), std::string(value));
  return !has_contradicting_length_;
}

void UpstreamHeadBuilder::note_framing(std::string_view name, std::string_view value) {
  if (name == "connection") return append_list(connection_, value);
  if (name == "transfer-encoding") return append_list(transfer_encoding_, value);
  if (name == "content-encoding") {
    append_list(content_encoding_, value);
  } else if (name == "content-length") {
    int64_t length = -1;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == value.data() + value.size();
    const bool is_other = head_.content_length >= 0 && length != head_.content_length;
    has_contradicting_length_ = has_contradicting_length_ || !is_number || length < 0 || is_other;
    head_.content_length = length;
  }
}

void UpstreamHeadBuilder::fold(std::string_view value) {
  if (is_latest_kept_) head_.headers.back().second.append(" ").append(value);
}

bool UpstreamHeadBuilder::connection_lists(std::string_view option) const {
  return lists(connection_, option);
}

UpstreamHead UpstreamHeadBuilder::take() {
  const bool is_plain =
      connection_.empty() || connection_ == "close," || connection_ == "keep-alive,";
  if (!is_plain) {
    std::erase_if(head_.headers,
                  [&](const auto& header) { return lists(connection_, header.first); });
  }
  const bool is_decoded = content_encoding_ != "" && content_encoding_ != "identity,";
  if (is_decoded || !transfer_encoding_.empty()) head_.content_length = -1;
  return std::move(head_);
}

}  // namespace chatgate
