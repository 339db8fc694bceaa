# Turns the lines "section server load metric value" of a benchmark run into Markdown tables, and
# compares them with what chatgate is meant to reach. Of several values of one thing, the median
# counts.
# Variables: machine, settings (one phrase each).

BEGIN { FS = "\t" }

{
  key = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4
  value[key, ++count[key]] = $5
  has_section[$1] = 1
  if (!(($1, $2) in seen_server)) { seen_server[$1, $2] = 1; server_name[$1, ++servers[$1]] = $2 }
  if (!(($1, $3) in seen_load)) { seen_load[$1, $3] = 1; load_name[$1, ++loads[$1]] = $3 }
}

END {
  print "Measured on " machine "; " settings "."
  print "Load generator and upstream share the machine with the server."
  if ("requests" in has_section) print_requests()
  if ("streams" in has_section) print_streams()
  if ("start" in has_section) print_start()
  if ("tokens" in has_section) print_tokens()
  if ("books" in has_section) print_books()
  if ("tokenizer" in has_section) print_tokenizer()
  print_targets()
  print_comparison()
}

function print_requests(    i, j, load, server) {
  print "\n| connections | server | requests/s | p50 ms | p99 ms" \
    " | CPU us/request | RSS MB | failures |"
  print "|--:|---|--:|--:|--:|--:|--:|--:|"
  for (i = 1; i <= loads["requests"]; i++) {
    load = load_name["requests", i]
    for (j = 1; j <= servers["requests"]; j++) {
      server = server_name["requests", j]
      row("requests", server, load)
      print "| " load " | " server " | " thousands(m("rps")) " | " decimals(m("p50_us"), 1000, 3) \
        " | " decimals(m("p99_us"), 1000, 3) " | " decimals(m("cpu_us"), 1, 1) \
        " | " decimals(m("rss_kb"), 1024, 1) " | " total("failures") " |"
    }
  }
}

function print_streams(    i, j, load, server) {
  print "\n| SSE streams | server | failures | first event p50 ms | p99 ms | gap p99 ms" \
    " | CPU us/event | KB/stream |"
  print "|--:|---|--:|--:|--:|--:|--:|--:|"
  for (i = 1; i <= loads["streams"]; i++) {
    load = load_name["streams", i]
    for (j = 1; j <= servers["streams"]; j++) {
      server = server_name["streams", j]
      row("streams", server, load)
      print "| " thousands(load) " | " server " | " total("failures") \
        " | " decimals(m("first_p50_us"), 1000, 2) " | " decimals(m("first_p99_us"), 1000, 2) \
        " | " decimals(m("gap_p99_us"), 1000, 1) " | " decimals(m("cpu_us"), 1, 1) \
        " | " decimals(m("kb_per_stream"), 1, 1) " |"
    }
  }
}

function print_start(    idle_kb, start_us) {
  idle_kb = median("start", "chatgate", "idle", "rss_kb")
  start_us = median("start", "chatgate", "cold", "start_us")
  print "\n| chatgate | |"
  print "|---|--:|"
  print "| RSS when idle, MB | " decimals(idle_kb, 1024, 1) " |"
  print "| exec to first answer, ms | " decimals(start_us, 1000, 1) " |"
}

function print_tokens(    i, load) {
  print "\n| tokens in the database | requests/s | p50 ms | p99 ms | CPU us/request | RSS MB |"
  print "|--:|--:|--:|--:|--:|--:|"
  for (i = 1; i <= loads["tokens"]; i++) {
    load = load_name["tokens", i]
    row("tokens", server_name["tokens", i], load)
    print "| " tokens_of(load) " | " thousands(m("rps")) " | " decimals(m("p50_us"), 1000, 3) \
      " | " decimals(m("p99_us"), 1000, 3) " | " decimals(m("cpu_us"), 1, 1) \
      " | " decimals(m("rss_kb"), 1024, 1) " |"
  }
}

# TOKENS/IN_USE in words.
function tokens_of(load,    numbers) {
  split(load, numbers, "/")
  if (numbers[1] < 1000) return thousands(numbers[1])
  return thousands(numbers[1]) " (" \
    (numbers[1] == numbers[2] ? "all" : thousands(numbers[2])) " in use)"
}

function print_books(    i, load) {
  print "\n| `chatgate`, large books | ms | peak RSS MB |"
  print "|---|--:|--:|"
  for (i = 1; i <= loads["books"]; i++) {
    load = load_name["books", i]
    row("books", "chatgate", load)
    print "| " load " | " decimals(m("run_us"), 1000, 1) " | " decimals(m("rss_kb"), 1024, 1) " |"
  }
}

# ---- Targets ------------------------------------------------------------------------------------

function print_tokenizer(    i, load) {
  print "\n| tokens counted on one core, of | cl100k_base MB/s | o200k_base MB/s |"
  print "|---|--:|--:|"
  for (i = 1; i <= loads["tokenizer"]; i++) {
    load = load_name["tokenizer", i]
    print "| " load " | " decimals(median("tokenizer", "cl100k_base", load, "mb_per_s"), 1, 1) \
      " | " decimals(median("tokenizer", "o200k_base", load, "mb_per_s"), 1, 1) " |"
  }
}

function print_targets() {
  compare_requests()
  compare_streams()
  compare_start()
  compare_tokens()
  compare_books()
  compare_tokenizer()
  if (target_rows != "") print "\n| target | wanted | measured | |\n|---|--:|--:|---|" target_rows
}

function compare_requests(    ours, theirs) {
  ours = median("requests", "chatgate", 64, "rps")
  theirs = median("requests", "nginx", 64, "rps")
  at_least("requests/s at 64 connections, of nginx's", 0.6, ratio(ours, theirs), 2, "")
  theirs = median("requests", "portkey", 64, "rps")
  at_least("requests/s at 64 connections, of Portkey's", 25, ratio(ours, theirs), 1, "")
  ours = median("requests", "chatgate", 64, "cpu_us")
  at_most("CPU per request at 64 connections", 30, ours, 1, " us")
  ours = median("requests", "chatgate", 1, "p50_us")
  theirs = median("requests", "direct", 1, "p50_us")
  at_most("added p50 at 1 connection", 0.25, difference(ours, theirs, 1000), 3, " ms")
}

function compare_streams(    ours, theirs) {
  ours = sum("streams", "chatgate", 8000, "failures")
  at_most("failures among 8,000 SSE streams", 0, ours, 0, "")
  ours = median("streams", "chatgate", 8000, "kb_per_stream")
  at_most("memory per SSE stream of 8,000", 40, ours, 1, " KB")
  ours = median("streams", "chatgate", 8000, "gap_p99_us")
  theirs = median("streams", "nginx", 8000, "gap_p99_us")
  at_most("gap p99 of 8,000 SSE streams, of nginx's", 1.3, ratio(ours, theirs), 2, "")
}

function compare_start(    ours) {
  ours = ratio(median("start", "chatgate", "idle", "rss_kb"), 1024)
  at_most("RSS when idle", 20, ours, 1, " MB")
  ours = ratio(median("start", "chatgate", "cold", "start_us"), 1000)
  at_most("exec to first answer", 50, ours, 1, " ms")
}

function compare_tokens(    few, i, load, ours, theirs) {
  few = load_name["tokens", 1]
  theirs = median("tokens", server_name["tokens", 1], few, "rps")
  for (i = 2; i <= loads["tokens"]; i++) {
    load = load_name["tokens", i]
    ours = median("tokens", server_name["tokens", i], load, "rps")
    at_least("requests/s with " tokens_of(load) " tokens, of those with " tokens_of(few), 0.95, \
      ratio(ours, theirs), 2, "")
  }
}

function compare_tokenizer(    i, j, speed, slowest) {
  for (i = 1; i <= loads["tokenizer"]; i++) {
    for (j = 1; j <= servers["tokenizer"]; j++) {
      speed = median("tokenizer", server_name["tokenizer", j], load_name["tokenizer", i], "mb_per_s")
      if (slowest == "" || speed < slowest) slowest = speed
    }
  }
  at_least("tokens of the slowest of these texts", 5, slowest, 1, " MB/s")
}

function compare_books() {
  compare_command("report of 30 days by user, model, day", 1, 50)
  compare_command("report by hour", 10, 50)
  compare_command("report by status", 10, 50)
  compare_command("list of tokens", 10, 50)
  compare_command("version", 0.02, 20)
}

function compare_command(name, seconds, mb) {
  at_most(name, seconds, ratio(median("books", "chatgate", name, "run_us"), 1000000), 3, " s")
  at_most("memory of: " name, mb, ratio(median("books", "chatgate", name, "rss_kb"), 1024), 1, " MB")
}

# ---- Against another chatgate -------------------------------------------------------------------

function print_comparison(    i, load) {
  for (i = 1; i <= loads["requests"]; i++) {
    load = load_name["requests", i]
    compare("requests", load, "rps", "requests/s, " load " connections")
    compare("requests", load, "p50_us", "p50, " load " connections")
    compare("requests", load, "cpu_us", "CPU per request, " load " connections")
    compare("requests", load, "rss_kb", "RSS, " load " connections")
  }
  for (i = 1; i <= loads["streams"]; i++) {
    load = load_name["streams", i]
    compare("streams", load, "cpu_us", "CPU per event, " thousands(load) " streams")
    compare("streams", load, "kb_per_stream", "memory per stream of " thousands(load))
    compare("streams", load, "gap_p99_us", "gap p99, " thousands(load) " streams")
  }
  compare("start", "idle", "rss_kb", "RSS when idle")
  compare("start", "cold", "start_us", "exec to first answer")
  if (comparison_rows != "") {
    print "\n| medians | this / the other | spread of the rounds' ratios |\n|---|--:|---|" \
      comparison_rows
  }
}

function compare(section, load, metric, what,    all) {
  all = ratio(median(section, "chatgate", load, metric), median(section, "other", load, metric))
  if (all == "") return
  comparison_rows = comparison_rows "\n| " what " | " decimals(all, 1, 3) " | " \
    spread(section, load, metric) " |"
}

# The least and the greatest ratio of two measurements that were made one after the other.
function spread(section, load, metric,    i, ours, theirs, one, least, most) {
  ours = section SUBSEP "chatgate" SUBSEP load SUBSEP metric
  theirs = section SUBSEP "other" SUBSEP load SUBSEP metric
  for (i = 1; i <= count[ours] && i <= count[theirs]; i++) {
    one = ratio(value[ours, i], value[theirs, i])
    if (one == "") continue
    if (least == "" || one < least) least = one
    if (most == "" || one > most) most = one
  }
  return decimals(least, 1, 3) " to " decimals(most, 1, 3)
}

# Both add nothing when the measurement was not part of the run.
function at_least(what, wanted, measured, places, unit) {
  if (measured != "") target(what, ">= " wanted unit, measured, places, unit, measured >= wanted)
}

function at_most(what, wanted, measured, places, unit) {
  if (measured != "") target(what, "<= " wanted unit, measured, places, unit, measured <= wanted)
}

function target(what, wanted, measured, places, unit, is_met) {
  target_rows = target_rows "\n| " what " | " wanted " | " decimals(measured, 1, places) unit \
    " | " (is_met ? "met" : "**missed**") " |"
}

# ---- Values; "" stands for one that was not measured --------------------------------------------

function row(section, server, load) {
  row_section = section
  row_server = server
  row_load = load
}

function m(metric) { return median(row_section, row_server, row_load, metric) }

function total(metric) { return sum(row_section, row_server, row_load, metric) }

function median(section, server, load, metric,    key, n, i, j, swap, sorted) {
  key = section SUBSEP server SUBSEP load SUBSEP metric
  n = count[key]
  if (n == 0) return ""
  for (i = 1; i <= n; i++) {
    sorted[i] = value[key, i] + 0
    for (j = i; j > 1 && sorted[j - 1] > sorted[j]; j--) {
      swap = sorted[j]
      sorted[j] = sorted[j - 1]
      sorted[j - 1] = swap
    }
  }
  return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

function sum(section, server, load, metric,    key, i, result) {
  key = section SUBSEP server SUBSEP load SUBSEP metric
  if (count[key] == 0) return ""
  for (i = 1; i <= count[key]; i++) result += value[key, i]
  return result
}

function ratio(a, b) { return a == "" || b == "" || b == 0 ? "" : a / b }

function difference(a, b, unit) { return a == "" || b == "" ? "" : (a - b) / unit }

function decimals(number, unit, places) {
  return number == "" ? "-" : sprintf("%." places "f", number / unit)
}

function thousands(number,    text, grouped) {
  if (number == "") return "-"
  text = sprintf("%d", number + 0.5)
  while (length(text) > 3) {
    grouped = "," substr(text, length(text) - 2) grouped
    text = substr(text, 1, length(text) - 3)
  }
  return text grouped
}
