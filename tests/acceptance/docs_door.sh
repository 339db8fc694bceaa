#!/usr/bin/env bash
# The door `docs`: the document and the page's files say what may be kept of them, are sent compressed to those
# who take that, are under the lists and limits of addresses, follow a reload, and can be closed.
. "$(dirname "$0")/lib.sh"
start_upstream
token=
cat > "$work/gateway.json" << END
{"upstream_url": "$upstream/v1", "access_log": "$access_log", "trusted_proxies": ["127.0.0.1"],
 "deny_ips": ["192.0.2.7"], "ip_requests_per_hour": 40}
END
start_gateway --config "$work/gateway.json"
paths() { json 'Object.keys(input.paths).join(" ")' <<< "$body"; }

# The document.
request GET /openapi.json --header 'Origin: https://pages.example'
expect "the document" "$status $(header content-type) $(header cache-control)" "200 application/json no-cache"
expect "pages may read it" "$(header access-control-allow-origin)" '*'
expect_match "its doors" "$(paths)" '/chat .*/ask/.* /docs '
document=$body etag=$(header etag)
: > "$work/body" # curl leaves it as it is when nothing comes
request GET /openapi.json --header "If-None-Match: \"other\", W/$etag"
expect "unchanged" "$status $(header etag) $body" "304 $etag "
request HEAD /openapi.json --head
expect "its head" "$status $(header content-length)" "200 $(printf %s "$document" | wc -c)"
request POST /openapi.json --data x
expect "not to be written" "$status $(header allow) $(error_of)" \
  "405 GET, HEAD, OPTIONS invalid_request_error method_not_allowed"

# The page and its files, as they are and compressed.
request GET /docs/
expect_match "the page" "$status $(header content-type) $(header cache-control)" '^200 text/html.* no-cache$'
for rule in "default-src 'none'" "script-src 'self'" "style-src 'self'" "connect-src 'self'" \
  "img-src 'self' data:" "frame-ancestors 'none'" "base-uri 'none'" "form-action 'none'"; do
  [[ $(header content-security-policy) == *"$rule"* ]] || fail "the policy lacks $rule"
done
expect "no unsafe rule" "$(header content-security-policy | grep -c unsafe || true)" 0
expect "other headers" "$(header x-content-type-options) $(header referrer-policy)" "nosniff no-referrer"
mapfile -t files < <(grep -oE '/docs/[a-z][^"]+' <<< "$body")
expect "files" "${#files[@]}" 5
for file in /docs "${files[@]}"; do
  request GET "$file"
  cp "$work/body" "$work/plain"
  plain=$(header etag)
  expect "$file" "$status $(header vary) $(header content-encoding)" "200 Accept-Encoding "
  request GET "$file" --header 'Accept-Encoding: gzip'
  expect "$file compressed" "$status $(header content-encoding)" "200 gzip"
  [[ $(header etag) != "$plain" ]] || fail "$file: one tag for two forms"
  gzip --decompress < "$work/body" | cmp - "$work/plain" || fail "$file: two contents"
  : > "$work/body"
  request GET "$file" --header "If-None-Match: $plain"
  expect "$file unchanged" "$status $body" "304 "
done
request GET "${files[0]}"
expect "to be kept for ever" "$(header cache-control)" "public, max-age=31536000, immutable"
size=$(wc -c < "$work/body")
request HEAD "${files[0]}" --head
expect "its head" "$status $(header content-length)" "200 $size"
for path in /docs/nothing /docs/index.html /docs/a/b '/docs/%2e%2e/healthz' /docs/swagger-ui.css; do
  request GET "$path" --path-as-is
  expect "$path" "$status $(error_of)" "404 invalid_request_error not_found"
done

# Who may come in, and what is told of it.
request GET /docs --header 'X-Forwarded-For: 192.0.2.7'
expect "a denied address" "$status $(error_of)" "403 invalid_request_error address_not_allowed"
for _ in {1..41}; do request GET /openapi.json --header 'X-Forwarded-For: 192.0.2.8'; done
expect "a limited address" "$status $(error_of)" "429 rate_limit_error rate_limit_exceeded"
paths_of_door='input.filter(line => line.door).map(line => line.door + " " + line.path)'
expect "the log" "$(logged "[...new Set($paths_of_door)].sort().join()")" \
  "docs /docs,docs /docs/{id},docs /openapi.json"

# A reload changes the document, and closes the door.
sed -i 's/^{/{"doors": ["docs", "agent"], /' "$work/gateway.json"
kill -HUP "$gateway_pid"
changed() {
  request GET /openapi.json --header 'X-Forwarded-For: 192.0.2.9' --header "If-None-Match: $etag"
  [[ $status == 200 ]]
}
sed -i 's/"ip_requests_per_hour": 40/"ip_requests_per_hour": 0/' "$work/gateway.json"
kill -HUP "$gateway_pid"
wait_until 10 changed
expect "what is left" "$(grep -cE '"/ask|"/api/chat' <<< "$body" || true)" 0
expect_match "what is open" "$(paths)" '/chat .*/docs'
sed -i 's/"docs", //' "$work/gateway.json"
kill -HUP "$gateway_pid"
closed() {
  request GET /docs
  [[ $status == 404 ]]
}
wait_until 10 closed
for path in /docs /docs/licenses.txt /openapi.json; do
  request GET "$path"
  expect "closed: $path" "$status $(error_of)" "404 invalid_request_error not_found"
done
