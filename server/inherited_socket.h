// Listening sockets that systemd, or another program that speaks its protocol, opened for us and
// handed over at the start: see sd_listen_fds(3).
#pragma once

#include <map>
#include <string>

#include "common/result.h"

namespace chatgate {

// A socket that another process has opened.
struct InheritedSocket {
  int descriptor = -1;
  bool is_activated = false;  // by a service manager: it counts whatever the configuration says
};

// By the name of what is served there: "http", ...
using SocketsByName = std::map<std::string, InheritedSocket>;

// Those that were handed to this process, by their names in LISTEN_FDNAMES (FileDescriptorName= of
// a socket unit); none when LISTEN_PID names no or another process. A single one that has no such
// name is "http". The variables are taken out of the environment, so call this once and before any
// thread starts. kInvalidArgument for several whose names do not tell them apart.
Result<SocketsByName> take_inherited_sockets();

// The same of the variables' values alone, without a look at the descriptors.
Result<SocketsByName> name_sockets(const std::string& count, const std::string& names);

}  // namespace chatgate
