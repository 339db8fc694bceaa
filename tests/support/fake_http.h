// HTTP over a POSIX socket as a test needs it: requests read whole, answers written byte for byte
// as told, right or wrong. One connection belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chatgate {

using FakeHeaders = std::vector<std::pair<std::string, std::string>>;

struct FakeRequest {
  std::string method;
  std::string target;
  std::string version;
  FakeHeaders headers;
  std::string body;

  // The first header of that name in any case; empty when there is none.
  std::string_view header(std::string_view name) const;
  // The target without its query.
  std::string_view path() const;
};

class FakeConnection {
 public:
  // Owns `descriptor`.
  explicit FakeConnection(int descriptor);
  ~FakeConnection();
  FakeConnection(const FakeConnection&) = delete;
  FakeConnection& operator=(const FakeConnection&) = delete;

  // Nothing when the peer closed or what came is no HTTP request.
  std::optional<FakeRequest> read_request();
  // False when the peer is gone.
  bool write(std::string_view bytes) const;
  // Whether the peer has closed its side or the connection is broken.
  bool peer_left() const;
  // Waits up to `timeout_ms` for the peer to leave; true when it did.
  bool wait_for_peer_to_leave(int timeout_ms) const;
  // Closing sends a reset instead of an orderly end.
  void reset_on_close() const;

 private:
  bool fill();
  std::optional<std::string> read_line();
  bool read_exactly(size_t length, std::string& into);
  bool read_chunked(std::string& into);

  int descriptor_;
  std::string received_;
};

std::string head_of_answer(int status, const FakeHeaders& headers);
std::string chunk_of(std::string_view bytes);
// gzip's framing around uncompressed blocks (RFC 1952, RFC 1951 3.2.4).
std::string gzip_of(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);

// One part of a multipart/form-data body.
struct FakePart {
  std::string name;
  std::string file_name;
  std::string content_type;
  std::string_view content;
};
std::vector<FakePart> parts_of(const FakeRequest& request);

}  // namespace chatgate
