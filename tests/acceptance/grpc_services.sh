#!/usr/bin/env bash
# gRPC: the health service and both versions of reflection tell tools and load balancers what is here.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
start_upstream
start_grpc_gateway
mkdir protos
for version in v1 v1alpha; do
  sed "s/@version@/$version/" "$CHATGATE_ROOT/server/grpc/reflection.proto.in" > "protos/reflection_$version.proto"
done
export GRPC_PROTOS=$work/protos

alpha=grpc.reflection.v1alpha
expect "the server" "$(grpc health)" '{"status":"SERVING"}'
expect "the service" "$(grpc health '{"service":"chat.Chat"}')" '{"status":"SERVING"}'
! grpc health '{"service":"other"}' > health.log 2>&1 || fail "an unknown service is healthy"
grep -q NOT_FOUND health.log || fail "what is unknown is not said so"

for version in v1 v1alpha; do
  expect "the services by $version" \
    "$(grpc services "{\"version\":\"$version\"}" | json 'input.join(" ")')" \
    "chat.Chat grpc.health.v1.Health grpc.reflection.v1.ServerReflection ${alpha}.ServerReflection"
  grpc file "{\"version\":\"$version\",\"symbol\":\"chat.Chat.Ask\"}" > file
  expect "the file of a method" "$(json 'input.length + " " + /askresponse/.test(input[0])' < file)" "1 true"
  expect "of nothing" "$(grpc file "{\"version\":\"$version\",\"symbol\":\"no.Thing\"}" | json input.error_code)" 5
done
grpc file '{"symbol":"grpc.reflection.v1.ServerReflection"}' > file
expect "the file of reflection" "$(json input.length < file)" 1

# A load balancer that watches is told before the door closes.
: > watched
timeout 60 node "$here/grpc_client.mjs" "$grpc" watch '{"service":"chat.Chat"}' > watched &
watcher=$!
own_pids+=("$watcher")
wait_for_value '"SERVING"' cat watched
stop_gateway
expect "the end" "$exit_status" 0
wait "$watcher" || fail "the watcher failed"
expect "what it saw" "$(head -n 2 watched | tr '\n' ' ')" '"SERVING" "NOT_SERVING" '
