// The connection between the two processes of a takeover: messages in both directions, and
// descriptors with them. Anybody may send; one thread receives, and sends what a slow peer has left
// waiting.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "server/takeover/link_message.h"

namespace chatgate {

class Link {
 public:
  // Takes over the connected socket of a Unix domain.
  static Result<std::unique_ptr<Link>> make(int socket);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Never waits. What is said to a peer that is gone is lost: `receive` tells. The descriptors stay
  // the caller's, and are open at least until the message has been sent.
  void send(const LinkMessage& message, const std::vector<int>& descriptors = {});

  void send_line(std::string line, const std::vector<int>& descriptors = {});

  // The next message; nothing when the peer has gone. kRequestTimeout after `timeout_ms` (negative:
  // never), kInterrupted by `wake`, kInvalidRequest for what is no message.
  Result<std::optional<LinkMessage>> receive(int64_t timeout_ms);
  // The same for any line, without its line feed.
  Result<std::optional<std::string>> receive_line(int64_t timeout_ms);
  // The descriptors that came so far. They are the caller's from now on.
  std::vector<int> take_descriptors();

  // Ends the `receive` under way, or the next one. Any thread.
  void wake();
  // Sends what waits. False when that takes longer, or the peer is gone. The receiving thread.
  bool flush(int64_t timeout_ms);

  // Ends the connection for both sides, while this object goes on.
  void shut();

  // The peer's process; 0 when it cannot be told.
  int peer_process() const;

 private:
  struct Outgoing {
    std::string bytes;
    std::vector<int> descriptors;
  };

  Link(int socket, int wake_event) : socket_(socket), wake_event_(wake_event) {}
  bool read_some();
  Result<void> wait(int64_t timeout_ms);
  void send_waiting();
  bool send_some(Outgoing& outgoing);

  int socket_;
  int wake_event_;
  std::mutex mutex_;
  std::deque<Outgoing> waiting_;
  bool is_broken_ = false;

  // The receiving thread's own.
  std::string input_;
  std::vector<int> descriptors_;
  bool is_ended_ = false;
};

}  // namespace chatgate
