// The requests of a load: the same question again and again, for a target, with a token and the
// headers that the options name.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "client_connection.h"
#include "options.h"

namespace bench {

// Writes requests for a target. With several tokens, each request takes the next one.
class RequestWriter {
 public:
  // Each of the headers begins with CRLF.
  RequestWriter(const Target& target, std::vector<std::string> tokens, const std::string& headers,
                const std::string& body)
      : start_("POST " + target.path + " HTTP/1.1\r\nHost: " + target.host +
               "\r\nAccept: */*\r\nUser-Agent: chatgate-bench" + headers +
               "\r\nAuthorization: Bearer "),
        end_("\r\nContent-Type: application/json\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\n\r\n" + body),
        tokens_(std::move(tokens)) {}

  void write_next(std::string& request) {
    request = start_;
    request += tokens_[next_];
    request += end_;
    next_ = (next_ + 1) % tokens_.size();
  }

 private:
  std::string start_;
  std::string end_;
  std::vector<std::string> tokens_;
  size_t next_ = 0;
};

inline std::string make_chat_body(const std::string& model, bool is_stream) {
  return "{\"model\":\"" + model +
         "\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful assistant.\"},"
         "{\"role\":\"user\",\"content\":\"What should a gateway cost?\"}],\"max_tokens\":64" +
         (is_stream ? ",\"stream\":true}" : "}");
}

// The lines of a file that are not empty.
inline std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) give_up("nothing in '" + path + "'");
  return lines;
}

inline RequestWriter read_writer(Options& options, const Target& target, bool is_stream) {
  const std::string tokens_file = options.text("tokens-file", "");
  std::vector<std::string> tokens{options.text("token", "none")};
  if (!tokens_file.empty()) tokens = read_lines(tokens_file);
  const std::string headers_file = options.text("headers-file", "");
  std::string headers;
  if (!headers_file.empty()) {
    for (const auto& line : read_lines(headers_file)) headers += "\r\n" + line;
  }
  return {target, std::move(tokens), headers,
          make_chat_body(options.text("model", "bench-model"), is_stream)};
}

}  // namespace bench
