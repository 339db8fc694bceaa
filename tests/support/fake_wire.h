// Turns an answer into the bytes that a FakeUpstream sends, framed rightly or wrongly as the
// behaviour says. Used by the connection's own thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fake_answers.h"

namespace chatgate {

// Whether an answer of this kind leaves a connection that cannot carry another.
bool breaks_connection(const FakeBehaviour& behaviour);

std::string bytes_of_plain_answer(const FakeAnswer& answer, const FakeBehaviour& behaviour,
                                  bool is_head);
std::string head_of_stream(const FakeAnswer& answer, const FakeBehaviour& behaviour);
// In one write, or byte by byte.
bool write_pieces(const FakeConnection& connection, std::string_view bytes,
                  const FakeBehaviour& behaviour);

// The events of one stream. Everything returns false when the client is gone.
class StreamWriter {
 public:
  // Borrows both.
  StreamWriter(const FakeConnection& connection, const FakeBehaviour& behaviour)
      : connection_(connection), behaviour_(behaviour) {}

  bool write_event(const std::string& event) const;
  bool write_all(const std::vector<std::string>& events) const;
  bool ends_in_the_middle() const;
  bool end_in_the_middle(const std::string& event) const;
  bool end() const;

 private:
  std::string with_line_ends(const std::string& event) const;
  bool write_chunk(std::string_view bytes) const;

  const FakeConnection& connection_;
  const FakeBehaviour& behaviour_;
};

}  // namespace chatgate
