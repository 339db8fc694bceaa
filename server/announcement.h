// What a start says to the person who made it, on the stream that the log follows on.
#pragma once

#include <string>

namespace chatgate {

struct Announcement {
  std::string url;            // "http://127.0.0.1:8080"
  std::string metrics_url;    // empty: there are none
  std::string websocket_url;  // of its own port, "ws://127.0.0.1:9001"; empty: none
  std::string curl_options;   // that curl needs before a URL of ours, "--cacert cert.pem "
  std::string curl_url;       // as curl must name it; empty: `url`
  bool is_demo = false;
  std::string demo_token;  // only right after its creation
  std::string grpc;        // "127.0.0.1:9000"; empty: it is off
};

// As text for a person, or as events where the log is read by a program.
void announce(const Announcement& announcement);

// That SIGTERM has come and running requests finish first.
void announce_stopping();

}  // namespace chatgate
