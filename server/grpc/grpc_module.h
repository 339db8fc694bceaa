// What the gateway and its gRPC module say to each other. The module (server/grpc/module) alone
// knows gRPC and Protobuf; it is a shared object inside the program, loaded when the door is open
// (grpc_loader.h), and uses no symbol of the program. So here stand abstract classes and plain
// values, and nothing that has a .cc file.
//
// WHO MAY CALL WHAT, AND WHY NOTHING IS TOUCHED TOO LATE. A call lives in two halves:
//
//   GrpcCall      the module's. The gateway owns it and calls it from one thread at a time, that of
//                 the call's event loop. gRPC keeps the reactor behind it until `finish`, which is
//                 the last thing that may be done with it and which the destructor does where
//                 nobody has; so every call is finished exactly once and never used after.
//   GrpcObserver  the gateway's. The reactor keeps a share of it and calls it from threads of
//                 gRPC's until `on_done`, which comes after all else and when `finish` was called.
//                 It only posts to the loop, with a share of itself, so it may outlive the call.
//
// ~GrpcServer waits until every call is done, and so must come when all are finished and before the
// loops are destroyed; after it nothing of the gateway's is called any more. A module is never
// unloaded, so that no thread or destructor of a library can be caught in code that is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chatgate {

using GrpcMetadata = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// A question as it came.
struct GrpcQuestion {
  enum class Fault : uint8_t {
    kNone,
    kUnparsable,  // its bytes are no `askrequest`
    kNotOne,      // there is none, or there are several
  };
  Fault fault = Fault::kNone;  // else only what follows the ids is there
  std::string prompt;
  std::string conversation_id;
  std::string parent_id;
  std::string peer;         // as gRPC names it: "ipv4:192.0.2.1:4711"
  GrpcMetadata metadata;    // of those that the settings name
  std::string certificate;  // the client's, verified, as PEM; empty: none was shown
};

// How a call ends.
struct GrpcEnd {
  int status = 0;        // gRPC's number; 0: all is well
  std::string message;   // for a person, UTF-8
  GrpcMetadata trailer;  // beside the status
};

class GrpcCall {
 public:
  virtual ~GrpcCall() = default;
  // Before the first `write` or `finish`.
  virtual void add_metadata(const std::string& name, const std::string& value) = 0;
  // One at a time: the next one after `on_written`. `response` is UTF-8.
  virtual void write(std::string_view response) = 0;
  // What is under way fails soon; `finish` must follow all the same.
  virtual void cancel() = 0;
  // REQUIRES: no write is under way. The last call.
  virtual void finish(GrpcEnd end) = 0;
};

class GrpcObserver {
 public:
  virtual ~GrpcObserver() = default;
  virtual void on_written(bool is_sent) = 0;
  // The client takes nothing more: it has cancelled, its deadline has passed, it is gone.
  virtual void on_cancelled() = 0;
  virtual void on_done() = 0;
};

class GrpcHandler {
 public:
  virtual ~GrpcHandler() = default;
  // Must not wait. Takes the call over; it may be finished before this returns.
  virtual std::shared_ptr<GrpcObserver> ask(GrpcQuestion question,
                                            std::unique_ptr<GrpcCall> call) = 0;
  // `is_fault`: something is wrong here, not at a client's.
  virtual void on_log(bool is_fault, std::string_view text) = 0;
};

// PEM texts that were found to be good together; without a certificate connections are not
// encrypted. For others another server is made: gRPC itself ends the process over some bad ones.
struct GrpcTls {
  enum class ClientAuth : uint8_t { kOff, kOptional, kRequired };
  std::string certificate;
  std::string key;
  std::string client_ca;
  ClientAuth client_auth = ClientAuth::kOff;

  bool operator==(const GrpcTls&) const = default;
};

struct GrpcSettings {
  int message_bytes_max = 1 << 20;
  int metadata_bytes_max = 64 << 10;
  int handshake_timeout_ms = 30'000;
  int idle_timeout_ms = 120'000;      // a connection without a call
  int connection_age_ms = 60'000;     // then its client makes another one; its calls go on
  std::vector<std::string> metadata;  // what the gateway wants to know of a question's
  GrpcTls tls;

  bool operator==(const GrpcSettings&) const = default;
};

// Takes connections that somebody else has accepted. Any thread.
class GrpcServer {
 public:
  virtual ~GrpcServer() = default;  // REQUIRES: every call is finished. Waits for connections
  // `socket` is connected and non-blocking, and the server's from now on.
  virtual void take(int socket) = 0;
  // Tells clients to go elsewhere: no new calls, the running ones end in peace. Does not wait. A
  // call that comes in that instant may be cancelled.
  virtual void drain() = 0;
  // Whether all calls and connections have ended after that; the destructor then waits for nothing.
  virtual bool has_ended() const = 0;
};

// The one symbol of the module. Null, with the reason in `error`, when it cannot serve so.
using StartGrpcServer = GrpcServer*(const GrpcSettings& settings,
                                    std::shared_ptr<GrpcHandler> handler, std::string& error);
inline constexpr char kStartGrpcServer[] = "chatgate_start_grpc_server";

}  // namespace chatgate
