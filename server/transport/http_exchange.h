// One request and its answer, as a route sees them. Made by the transport for each request and
// used only inside that connection's coroutine: reading a body and writing an answer suspend it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/domain/ids.h"
#include "common/log/access_record.h"
#include "common/result.h"
#include "server/transport/framing_guard.h"

namespace chatgate {

class EventLoop;
class UpgradedConnection;

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// Where a streamed body goes. Writing suspends while the client takes nothing.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // False when the client is gone; later writes do nothing. Bytes may wait for the next flush.
  virtual bool write(std::string_view bytes) = 0;
  virtual bool flush() = 0;
  // Ends the connection as it is; a write that waits returns false. From the loop's thread.
  virtual void cut() = 0;
};

class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  virtual EventLoop& loop() = 0;
  // As the answer names it (`x-request-id`), and the books.
  virtual RequestId id() const = 0;
  // Valid until the answer is finished.
  virtual const RequestHead& head() const = 0;
  virtual std::string_view path() const = 0;   // decoded, without the query
  virtual std::string_view query() const = 0;  // as sent, without the '?'
  virtual const std::string& client_ip() const = 0;
  // The account that the client's verified certificate proves; empty: none.
  virtual const std::string& client_user() const {
    static const std::string kNobody;
    return kNobody;
  }
  // What the access log will say of this request, for its route to fill; null when there is no such
  // log. Whoever still has something to say after the answer keeps a share of it.
  virtual std::shared_ptr<AccessRecord> access_record() const { return nullptr; }

  // The door that the request goes through, for metrics; static text, empty until it is known.
  virtual void note_door(std::string_view) {}
  virtual std::string_view door() const { return {}; }

  // The whole body, of `bytes_max` and of what the configuration allows at most, with
  // `spare_capacity` reserved behind it. Sends `100 Continue` if asked for.
  // kBodyTooLarge, kRequestTimeout, kInvalidRequest (broken framing); the connection closes then.
  virtual Result<std::string> read_body(size_t spare_capacity, uint64_t bytes_max = UINT64_MAX) = 0;

  // Calls back once, on the loop, when the client closes its side; immediately if it has already.
  virtual void on_client_gone(std::function<void()> callback) = 0;

  // For the answer, whoever makes it, unless that has a header of this name; Vary is added besides.
  virtual void add_header(std::string name, std::string value) = 0;

  // Exactly one of these three, once. Headers are complete: no Content-Length, Connection, Date,
  // and none of those that every answer bears.
  virtual void answer(int status, HeaderList headers, std::string body) = 0;
  // `produce` runs after the route has returned, inside the same coroutine, and writes the whole
  // body. It returns whether the body is whole; if not, the connection is cut so that the client
  // notices. `content_length` < 0: unknown (chunked).
  virtual void stream(int status, HeaderList headers, int64_t content_length,
                      std::function<bool(BodySink&)> produce) = 0;
  // Answers 101; `run` then has the connection in place of HTTP, inside the same coroutine, and
  // ends it by returning. Only where a request has a connection of its own.
  virtual void upgrade(HeaderList, std::function<void(UpgradedConnection&)>) {
    answer(501, {}, {});
  }
};

// Bears one request. Exceptions become a 500.
using HttpHandler = std::function<void(HttpExchange&)>;

}  // namespace chatgate
