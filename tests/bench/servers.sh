# The servers of the benchmark: how each is started, watched and stopped. Sourced by `run`, whose
# variables and functions it uses.
# shellcheck shell=bash disable=SC2154  # assigned there

declare -A urls=()    # of the chat endpoint, by server
declare -A headers=() # files with what else its requests need, by server
declare -A answers=() # how many complete answers a database must have on its books

start_upstream() {
  start upstream "$bench_upstream" --chunks "$chunks" --gap-ms "$gap_ms"
  local i port=
  for ((i = 0; i < 100; i++)); do
    port=$(sed -n 's/^listening //p' upstream.out)
    [[ -z $port ]] || break
    sleep 0.05
  done
  [[ -n $port ]] || fail "the stub upstream does not start: $(< upstream.log)"
  upstream_port=$port
  urls[direct]=http://127.0.0.1:$port/v1/chat/completions
}

# start_server NAME DB BUFFERING: NAME is direct, nginx, portkey or one of `programs`; DB is its database;
# BUFFERING is nginx's for answers.
start_server() {
  case $1 in
    direct) token=none ;;
    nginx) start_nginx "$3" ;;
    portkey) start_portkey ;;
    *) start_chatgate "$1" "$2" ;;
  esac
}

is_chatgate() {
  [[ -n ${programs[$1]:-} ]]
}

start_nginx() {
  local port
  port=$("$bench_load" port)
  write_nginx_configuration "$port" "$1" > nginx.conf
  start nginx nginx -p "$work" -c "$work/nginx.conf" -e "$work/nginx-error.log"
  urls[nginx]=http://127.0.0.1:$port/v1/chat/completions
  token=none
  wait_for nginx
}

write_nginx_configuration() {
  local user=
  ((EUID != 0)) || user='user root;' # else its workers could not enter the work folder
  cat << END
daemon off;
$user
pid $work/nginx.pid;
worker_processes 2;
worker_rlimit_nofile $(ulimit -n);
error_log $work/nginx-error.log warn;
events { worker_connections $(($(ulimit -n) - 100)); }
http {
  access_log off;
  client_body_temp_path $work/nginx-body;
  proxy_temp_path $work/nginx-proxy;
  fastcgi_temp_path $work/nginx-fastcgi;
  uwsgi_temp_path $work/nginx-uwsgi;
  scgi_temp_path $work/nginx-scgi;
  keepalive_requests 1000000000;
  upstream stub {
    server 127.0.0.1:$upstream_port;
    keepalive 512;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:$1 backlog=4096;
    location / {
      proxy_pass http://stub;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering $2;
      proxy_read_timeout 600s;
    }
  }
}
END
}

# It takes from each request where that is to go.
start_portkey() {
  local port
  port=$("$bench_load" port)
  headers[portkey]=$work/portkey.headers
  printf '%s\n' "x-portkey-provider: openai" \
    "x-portkey-custom-host: http://127.0.0.1:$upstream_port/v1" > "${headers[portkey]}"
  start portkey node "$portkey" --headless "--port=$port"
  urls[portkey]=http://127.0.0.1:$port/v1/chat/completions
  token=none
  wait_for portkey
}

# make_database FILE [PROGRAM]: an account with plenty of money, a price, and a token whose limits
# are checked at every request and never reached.
make_database() {
  local db=$1 program=${2:-$chatgate}
  {
    "$program" --db "$db" user add bench --balance 1000000
    "$program" --db "$db" price set bench-model --input 1 --output 2 --max-output 4096
    "$program" --db "$db" token add bench --rpm 100000000 --tpm 5000000000 --parallel 100000 \
      > "$db.token"
  } > "$db.log" 2>&1 || fail "no database can be made: $(< "$db.log")"
  answers[$db]=0
}

# start_chatgate NAME DB: everything is on, as by default, but for a log line per request, as nginx
# writes none either.
start_chatgate() {
  local name=$1 db=$2 program=${programs[$1]:-$chatgate} port
  [[ -e $db ]] || make_database "$db" "$program"
  port=$("$bench_load" port)
  urls[$name]=http://127.0.0.1:$port/v1/chat/completions
  token=$(< "$db.token")
  set_serving "$program" "$port" "$db"
  start "$name" "${serving[@]}"
  wait_for "$name"
  expect_answers "$db" 1
}

# set_serving PROGRAM PORT DB: leaves in `serving` how it is run. An older one may lack an option.
set_serving() {
  serving=("$1" serve --listen "127.0.0.1:$2" --db "$3" --log-level warn
    --upstream-url "http://127.0.0.1:$upstream_port/v1")
  ! "$1" serve --help | grep -e --admin-listen > /dev/null ||
    serving+=(--admin-listen 127.0.0.1:0)
}

wait_for() {
  local i
  for ((i = 0; i < 60; i++)); do
    kill -0 "${pids[$1]}" 2> /dev/null || break
    "$bench_load" wait --url "${urls[$1]}" --token "$token" --seconds-max 1 \
      ${headers[$1]:+--headers-file "${headers[$1]}"} && return
  done
  fail "$1 does not answer: $(head -c 2000 "$1.log")"
}

# stop_server NAME DB
stop_server() {
  stop "$1"
  ! is_chatgate "$1" || verify_books "$2"
}

expect_answers() {
  answers[$1]=$((${answers[$1]} + $2))
}

# Every answer that the load generator saw complete is on the books, once, and the books add up.
verify_books() {
  local db=$1 booked
  say "verifying the books of $db"
  "$chatgate" --db "$db" ledger verify > verify.out 2>&1 ||
    note_fault "the books of $db do not add up: $(head -c 2000 verify.out)"
  booked=$("$chatgate" --db "$db" usage report --format json | grep -o '"requests": *[0-9]*' |
    awk '{ sum += $2 } END { print sum + 0 }')
  ((booked == answers[$db])) ||
    note_fault "$db has $booked requests on its books, but ${answers[$db]} were answered"
}

# The processes of a server that do its work: nginx's workers, else itself.
processes_of() {
  if [[ $1 == nginx ]]; then
    cat "/proc/${pids[nginx]}/task/${pids[nginx]}/children"
  else
    echo "${pids[$1]}"
  fi
}

# User and system time in microseconds, from /proc/PID/stat (proc(5), fields 14 and 15).
cpu_us_of() {
  local pid stat sum=0 fields
  for pid in $(processes_of "$1"); do
    stat=$(< "/proc/$pid/stat")
    read -ra fields <<< "${stat##*) }"
    ((sum += fields[11] + fields[12]))
  done
  echo $((sum * 1000000 / $(getconf CLK_TCK)))
}

# memory_kb_of SERVER VmRSS|VmHWM: resident now, or at the highest since it started.
memory_kb_of() {
  local pid sum=0
  for pid in $(processes_of "$1"); do
    ((sum += $(sed -n "s/^$2:[[:space:]]*\([0-9]*\) kB/\1/p" "/proc/$pid/status")))
  done
  echo "$sum"
}

divide() {
  awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b == 0 ? 0 : a / b }'
}
