#!/usr/bin/env bash
# /admin and the log-in that it rests on: closed without an operations key, a log-in of its own, guesses are
# slowed; no page but its own can give orders at /accounts in the name of whoever is logged in.
. "$(dirname "$0")/lib.sh"
start_upstream
admin user add ann --unit tokens --balance 100 > /dev/null
ops_key=kdj38-3jkf-s8fh2
page=(/admin /admin/ /admin/admin.css /admin/nothing)

start_gateway
for path in "${page[@]}"; do
  web_post "$path" '' "admin:" --request GET
  expect "closed: $path" "$status" 404
done
stop_gateway

export OPS_KEY=$ops_key
start_gateway --access-log "$access_log"
get() { web_post "$1" '' "$2" --request GET "${@:3}"; }
challenge='Basic realm="chatgate administration", charset="UTF-8"'

# Nothing of it is to be had without the log-in, and asking without one is no guess.
for _ in {1..10}; do
  for path in "${page[@]}" //admin '/%61dmin' /admin//admin.css; do
    get "$path" '' --path-as-is
    expect "$path without a log-in" "$status $(header www-authenticate)" "401 $challenge"
  done
done
get /admin "admin:$ops_key"
expect "the page" "$status $(header content-type)" "200 text/html; charset=utf-8"
expect "is not kept" "$(header cache-control)" no-store
for rule in "default-src 'none'" "script-src 'self'" "style-src 'self'" "connect-src 'self'" "img-src 'self'" \
  "frame-ancestors 'none'" "base-uri 'none'" "form-action 'none'" "require-trusted-types-for 'script'"; do
  [[ $(header content-security-policy) == *"$rule"* ]] || fail "the policy lacks $rule"
done
expect "no weak rule" "$(header content-security-policy | grep -cE 'unsafe|\*|http|data:' || true)" 0
inline='<script[^>]*>[^<]|<style| style=| on[a-z]+='
expect "no inline script, style or handler" "$(grep -ciE "$inline" <<< "$body" || true)" 0
expect "other headers" "$(header x-content-type-options) $(header referrer-policy) $(header x-frame-options)" \
  "nosniff no-referrer DENY"
expect "nobody else reads it" "$(header cross-origin-resource-policy) $(header cross-origin-opener-policy)" \
  "same-origin same-origin"
mapfile -t files < <(grep -oE '/admin/[a-z][^"]+' <<< "$body" | sort -u)
files+=(/admin/accounts.mjs /admin/amounts.mjs)
expect "files" "${#files[@]}" 6
for path in "${files[@]}"; do
  get "$path" "admin:$ops_key"
  expect "$path" "$status $(header cache-control) $(header x-content-type-options)" "200 no-store nosniff"
  get "$path" ''
  expect "$path without a log-in" "$status" 401
done
get /admin "admin:$ops_key" --header 'Accept-Language: zh-CN,zh;q=0.9,en;q=0.5'
expect_match "in Chinese" "$(header vary) $body" 'Accept-Language.*<html lang="zh-CN">.*账号管理'
[[ $body != *'{{'* ]] || fail "a text that no catalogue has"
expect_match "its head" "$(curl --silent --max-time 60 --head --user "admin:$ops_key" "$gateway/admin")" '^HTTP/1.1 200'
get /admin "admin:$ops_key" --request POST
expect "not to be written" "$status $(header allow)" "405 GET, HEAD, OPTIONS"

# Paths that lead elsewhere.
for path in /admin/index.html /admin/../accounts /admin/%2e%2e/accounts '/admin/..%2faccounts' \
  '/admin%5c..%5caccounts' /admin/admin.css/x /Admin /adminx /admin.css; do
  get "$path" "admin:$ops_key" --path-as-is
  expect "$path" "$status" 404
done

# Pages of other origins are told nothing, whatever cors_origins says.
get /admin "admin:$ops_key" --header 'Origin: https://evil.example'
expect "no CORS" "$status $(grep -ci '^access-control-' <<< "$head" || true)" "200 0"
get /admin '' --request OPTIONS --header 'Origin: https://evil.example' \
  --header 'Access-Control-Request-Method: GET' --header 'Access-Control-Request-Headers: authorization'
expect "a preflight" "$status $(grep -ci '^access-control-allow' <<< "$head" || true)" "204 0"

# order LOGIN [CURL ARGUMENT...]: tops up ann by one.
recharge='{"action":"recharge","i_username":"ann","count":1}'
order() {
  status=$(curl --silent --show-error --max-time 60 --user "$1" --data-raw "$recharge" --dump-header "$work/head" \
    --output "$work/body" --write-out '%{http_code}' "${@:2}" "$gateway/accounts")
  head=$(tr -d '\r' < "$work/head") body=$(< "$work/body")
}
json_type=(--header 'Content-Type: application/json')
own=(--header "Origin: $gateway")
right=admin:$ops_key

order "$right" "${own[@]}" "${json_type[@]}"
expect "an order of the page" "$status $(json input.message <<< "$body")" "200 success"
order "$right" --header 'Content-Type: Application/JSON ; charset=utf-8' --header 'Sec-Fetch-Site: same-origin'
expect "as the browser says" "$status" 200
balance=$(balance_of ann)
expect "both were carried out" "$balance" 102

# Whatever another page can make a browser send.
for origin in https://evil.example null http://127.0.0.1:1 http://127.0.0.1 "$gateway.evil.example" \
  "http://evil.example/${gateway#http://}" "http://x@${gateway#http://}"; do
  order "$right" "${json_type[@]}" --header "Origin: $origin"
  expect "an order from $origin" "$status $(json 'Object.keys(input).join()' <<< "$body")" "403 message"
  expect "no leave to use a log-in" "$(header access-control-allow-credentials)" ''
done
for site in cross-site same-site none; do
  order "$right" "${json_type[@]}" "${own[@]}" --header "Sec-Fetch-Site: $site"
  expect "an order of $site" "$status" 403
done
order "$right" "${json_type[@]}"
expect "an order that says nothing of a page" "$status" 403
for type in text/plain application/x-www-form-urlencoded 'multipart/form-data; boundary=x' \
  'text/plain; application/json' application/json5 ''; do
  order "$right" "${own[@]}" --header "Content-Type:${type:+ $type}"
  expect "an order as '$type'" "$status" 415
done
for request in GET PUT DELETE; do
  order "$right" "${own[@]}" "${json_type[@]}" --request "$request"
  expect "an order by $request" "$status" 405
done
order "$right" --request OPTIONS --header 'Origin: https://evil.example' \
  --header 'Access-Control-Request-Method: POST' \
  --header 'Access-Control-Request-Headers: authorization,content-type'
expect "a preflight" "$status $(header access-control-allow-credentials)" "204 "
for user in "root:$ops_key" "Admin:$ops_key" "admin:" "admin:${ops_key}x" "ann:$ops_key"; do
  order "$user" "${own[@]}" "${json_type[@]}"
  expect "the log-in $user" "$status $(header www-authenticate)" "401 $challenge"
done
order "$right" "${own[@]}" "${json_type[@]}" --header "Authorization: Basic !!!"
expect "a broken log-in" "$status" 401
order "$right" "${own[@]}" "${json_type[@]}" --header 'opskey: wrong'
expect "a wrong opskey beside it" "$status" 401
expect "nothing was carried out" "$(balance_of ann)" "$balance"

# A program with the key is let in from wherever, as ever.
web_post /accounts "$recharge" '' --header "opskey: $ops_key" --header 'Origin: https://shop.example'
expect "by opskey" "$status $(header access-control-allow-origin)" '200 *'

# A page of another origin cannot lock out whoever it attacks: neither by orders, nor by the key of programs, nor by
# links with a log-in in them.
order "$right" "${own[@]}" "${json_type[@]}"
expect "the right one still passes" "$status" 200
for _ in {1..40}; do
  order admin:guess "${json_type[@]}" --header 'Origin: https://evil.example'
  expect "a guess from elsewhere" "$status" 403
  web_post /accounts "$recharge" '' --header "opskey: guess" --header 'Origin: https://evil.example'
  expect_match "a guess of the key from elsewhere" "$status" '^(401|429)$'
  get /admin admin:guess --header 'Sec-Fetch-Site: cross-site'
  expect_match "a link from elsewhere" "$status" '^(401|429)$'
done
expect "such guesses are slowed too" "$status" 429
order "$right" "${own[@]}" "${json_type[@]}"
expect "it still passes" "$status" 200
expect "all three were carried out" "$(balance_of ann)" $((balance + 3))

# Guesses are slowed, those at the page and those at /accounts together.
guesses=0
until get /admin admin:guess && [[ $status == 429 ]]; do
  expect "a guess" "$status" 401
  ((++guesses < 20)) || fail "guesses are not slowed"
done
expect_match "when to come again" "$(header retry-after)" '^[0-9]+$'
order admin:guess "${own[@]}" "${json_type[@]}"
expect "a guess at /accounts" "$status" 429
expect_match "the log" "$(grep -c 'warn login_failed client=127.0.0.1 path=/admin' "$log")" '^[1-9]'
wait_until 10 test -s "$access_log"
stop_gateway
expect "the access log" "$(logged '[...new Set(input.filter(line => line.door && line.path.startsWith("/admin"))
  .map(line => line.door + " " + line.path))].sort().join()')" "web /admin,web /admin/{id}"
[[ $(cat "$log" "$access_log") != *"$ops_key"* ]] || fail "the key is in a log"
expect_sound_books
