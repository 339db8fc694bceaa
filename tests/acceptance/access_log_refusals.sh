#!/usr/bin/env bash
# Whatever becomes of a request, it is one line of the access log: refused by a rule, by the framing
# guard, by a timeout or a limit, given up by its client, cut off when the gateway stops.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-4o stall-mid stall gpt-limited
add_user ann
serve() { start_gateway --access-log "$access_log" --header-timeout 300ms --body-timeout 300ms "$@"; }
serve

count=0
# line WHAT FIELDS EXPECTED: of the one line that has come since the last time.
line() {
  wait_for_value $((++count)) logged_lines
  expect "$1" "$(logged "(({$2}) => [$2].join('|'))(input.at(-1))")" "$3"
}
chat gpt-none
line "no price" status,outcome,user,model,cost,unit,prompt_tokens,upstream "400|refused|ann|gpt-none|0.00|USD|0|"
good=$token
token=sk-cg-unknown0unknown
chat gpt-4o
line "a wrong token" status,outcome,user,token,unit "401|refused|||"
token=$good
post /v1/chat/completions '{"model":'
line "broken JSON" status,outcome,user "400|refused|ann"
request GET /chat
line "a wrong method" status,outcome,door "405|refused|agent"

printf 'GET /healthz HTTP/1.1\r\nHost: g\r\n\r\nGET / HTTP/1.1\r\nBad Header: 1\r\n\r\n' | raw > /dev/null
count=$((count + 1))
line "a broken head" status,outcome,method,path,client "400|refused|||127.0.0.1"
expect "the request before it" "$(logged 'input.at(-2).path')" /healthz
printf 'GET /healthz HTTP/1.1\r\nHost: g' | raw > /dev/null
line "half a head" status,outcome,method,bytes_in "408|refused||30"
printf 'BREW / HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\n\r\n' | raw > /dev/null
line "an unknown method" status,outcome,method "405|refused|BREW"
half="POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer $token\r\n"
half+="Content-Length: 100\r\n\r\n{\"model\""
printf '%b' "$half" | raw > /dev/null
line "half a body" status,outcome,user,path "408|refused|ann|/v1/chat/completions"
exec {socket}<> "/dev/tcp/127.0.0.1/$port"
printf '%b' "$half" >&"$socket"
exec {socket}>&-
line "a client that leaves in mid-request" outcome,user "aborted|ann"

call_in_background stall ''
wait_for_value 1 waiting_upstream
kill "$caller"
line "a client that leaves before the answer" outcome,user,model,estimated "aborted|ann|stall|true"
call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
has_begun() { [[ -s $work/background ]]; }
wait_until 10 has_begun
kill "$caller"
line "a client that leaves in mid-stream" outcome,status,estimated,stream "aborted|200|true|true"
expect "its costs" "$(logged 'input.slice(-2).map(line => line.cost).join()')" \
  "$(admin usage export --format json | json 'input.map(row => row.cost).join()')"

stop_gateway
serve --connections-per-ip-max 1
exec {socket}<> "/dev/tcp/127.0.0.1/$port"
printf 'GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n' >&"$socket"
line "the connection that is there" status "200"
printf 'GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n' | raw > /dev/null
line "one too many" status,outcome,client,path "503|refused|127.0.0.1|"
exec {socket}>&-
stop_gateway

serve --drain-timeout 200ms
call_in_background stall-mid ',"stream":true'
wait_for_value 1 waiting_upstream
stop_gateway
expect "lines after a stop" "$(logged_lines)" $((++count))
expect "cut off by the stop" "$(logged 'input.at(-1).outcome')" aborted
expect "its cost" "$(logged 'input.at(-1).cost')" \
  "$(admin usage export --format json | json 'input.at(-1).cost')"
expect "each id once" "$(logged 'new Set(input.map(line => line.id)).size')" "$count"
