// The signals that the gateway's main thread takes by itself, so that no handler interrupts
// anything.
#pragma once

#include <csignal>
#include <cstdint>

namespace chatgate {

// Another thread wakes the main one by it: see wake_main_thread.
inline constexpr int kWakeSignal = SIGUSR1;

// Blocks SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD and kWakeSignal in this thread and in all that
// it starts; a peer that is gone raises no signal any more. REQUIRES: called before other threads
// are started.
sigset_t block_signals();

// Ends the main thread's take_signal. Any thread.
void wake_main_thread();

// One of the blocked signals, or 0 when `timeout_ms` passed.
int take_signal(const sigset_t& set, int64_t timeout_ms);

}  // namespace chatgate
