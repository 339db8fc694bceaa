# What the scripts about metrics share. Source it after lib.sh.

# start_observed_gateway [ARGUMENT...]: start_gateway with the administrator's listener; sets $admin, its
# address.
start_observed_gateway() {
  start_gateway --admin-listen 127.0.0.1:0 "$@"
  local url
  url=$(grep -oE 'metrics at http://[^/ ]+' "$log" | tail -n 1)
  admin=${url#metrics at }
  [[ -n $admin ]] || fail "no metrics were announced"
}

# scrape: puts /metrics into $work/scrape.
scrape() {
  curl --silent --show-error --fail --max-time 20 "$admin/metrics" > "$work/scrape"
}

# sum_of NAME [LABEL...]: scrapes and adds up the samples of that name that have all these labels, as
# `door="v1"`.
sum_of() {
  scrape
  awk -v wanted="$1" -v labels="${*:2}" '
    { name = $1; sub(/[{].*/, "", name) }
    name == wanted {
      count = split(labels, words, " ")
      for (i = 1; i <= count; i++) if (index($0, words[i]) == 0) next
      sum += $NF
    }
    END { text = sprintf("%.9f", sum); sub(/[.]?0+$/, "", text); print text }' "$work/scrape"
}

# expect_sum EXPECTED NAME [LABEL...]: within ten seconds.
expect_sum() {
  wait_for_value "$1" sum_of "${@:2}"
}
