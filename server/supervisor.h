// What systemd, or another supervisor that speaks its protocol, wants to know of a service: see
// sd_notify(3). Without one (no NOTIFY_SOCKET) nothing is said. The main thread.
#pragma once

namespace chatgate {

// This process serves from now on; it may not be the one that the supervisor has started.
void tell_supervisor_ready();
// The service is to end.
void tell_supervisor_stopping();

}  // namespace chatgate
