// The signals that the gateway's main thread takes by itself, so that no handler interrupts
// anything.
#pragma once

#include <csignal>
#include <cstdint>

namespace chatgate {

// Blocks SIGTERM, SIGINT and SIGHUP in this thread and in all that it starts; a peer that is gone
// raises no signal any more. REQUIRES: called before other threads are started.
sigset_t block_signals();

// One of the blocked signals, or 0 when `timeout_ms` passed.
int take_signal(const sigset_t& set, int64_t timeout_ms);

}  // namespace chatgate
