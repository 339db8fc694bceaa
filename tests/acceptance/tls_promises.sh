#!/usr/bin/env bash
# What is promised of requests holds over TLS as well: the same scripts, over it.
# ctest: TIMEOUT 900
. "$(dirname "$0")/lib.sh"
for script in stream_at_once stream_usage stream_cut long_stream slow_client abort_cancels abort_drains \
  parallel_requests unchanged body_limit chunked_bodies broken_bodies expect_continue framing_faults \
  slow_requests http_1_0 shutdown_drains shutdown_now web_login sdk websocket_framing websocket_door \
  websocket_leaving websocket_slow takeover_exact; do
  OVER_TLS=1 "$here/$script.sh" > "$work/$script.log" 2>&1 ||
    fail "$script, over TLS: $(tail -n 30 "$work/$script.log")"
done
