// TCP sockets that listen, and the names of addresses, for the listeners of all transports. Any
// thread.
#pragma once

#include <sys/socket.h>
#include <string>

#include "common/result.h"

namespace chatgate {

// A non-blocking socket that listens at "address:port", "[v6]:port", "name:port" or ":port"; port 0
// picks a free one. `shares_port`: other processes that say so too may bind the same address
// (SO_REUSEPORT). The message of a failure says what to do.
Result<int> open_listening_socket(const std::string& address, bool shares_port = false);

// Makes sure that a socket which another process has opened listens on a TCP port, and that
// accepting from it does not block. kInvalidArgument for another one.
Result<void> adopt_listening_socket(int socket);

// Where it listens: "127.0.0.1:8080", "[::1]:8080".
std::string bound_address_of(int socket);

// IPv4 addresses that arrive on an IPv6 socket are named as IPv4, so that limits see one client.
std::string ip_of(const sockaddr_storage& address);

}  // namespace chatgate
