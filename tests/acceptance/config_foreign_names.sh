#!/usr/bin/env bash
# The environment, .env and config.json of the programs that chatgate replaces start it as they
# stand; `config check` says what they come to.
. "$(dirname "$0")/lib.sh"
start_upstream

# serves: starts the gateway in this folder, by its files and environment alone, and asks it.
serves() {
  start_gateway
  request GET /healthz
  expect "health" "$status" 200
  stop_gateway
  expect "exit status" "$exit_status" 0
}
check_says() { # check_says REGEX...
  local regex
  "$CHATGATE" config check > shown 2>&1 || fail "config check refuses: $(< shown)"
  for regex in "$@"; do expect_match "config check" "$(< shown)" "$regex"; done
  if grep -E 'hunter2|0123456789' shown; then fail "a secret is shown"; fi
}
value_of() { "$CHATGATE" config show --format json |
  json "(({value, origin}) => value + ' from ' + origin)(input.find(row => row.key === '$1'))"; }

# ChatGPT-Web, by .env
cat > .env << 'END'
SERVER_PORT=7080
OPENAI_KEY=sk-0123456789abcdefghij
OPENAI_TEMPERATURE=80
CHAT_SESSION_TTL=45
BASIC_AUTH_USER=user1,user2
BASIC_AUTH_PASSWORD=hunter21,hunter22
SOCKS_PROXY=socks5://user:hunter2@127.0.0.1:1080
OPENAI_PROXY=true
OPS_KEY=0123456789abcdef
OPS_LINK=https://shop.example.org
END
expect "port" "$(value_of listen)" "127.0.0.1:7080 from .env SERVER_PORT"
expect "temperature" "$(value_of default_temperature)" "0.8 from .env OPENAI_TEMPERATURE"
expect "time to live" "$(value_of web_message_ttl)" "45m from .env CHAT_SESSION_TTL"
check_says 'static users: user1, user2' '/accounts and /admin: open' 'OPENAI_PROXY is a switch' \
  'callers of v1 may bring a key' 'names of ChatGPT-Web: SERVER_PORT,'
expect "environment beats .env" \
  "$(OPENAI_TEMPERATURE=50 value_of default_temperature)" "0.5 from environment OPENAI_TEMPERATURE"
serves
rm .env

# ChatGPT API platform, by its environment
export API_KEY=sk-0123456789abcdefghij HOUR_LIMIT=50 MINUTE_LIMIT=3 SECOND_LIMIT=1 ROUTE=
LANG=zh_TW.UTF-8 check_says 'one address: 1 per second, 3 per minute, 50 per hour' \
  'platform without one are refused' 'platform_route +environment ROUTE +/' \
  'language +environment LANG +zh_TW'
CHATGATE_ALLOW_IPS=127.0.0.1 check_says 'callers of platform need no token; the account "guest" pays'
serves
unset API_KEY HOUR_LIMIT MINUTE_LIMIT SECOND_LIMIT ROUTE

# openai-api, by config.json
cat > config.json << 'END'
{"api_key": "sk-0123456789abcdefghij|sk-b0123456789", "access_token": "", "allow_origin": "*", "port": 8099,
 "bot_desc": "以下是与AI助手的对话。", "max_tokens": 1024, "model": "text-davinci-003", "temperature": 0.9,
 "top_p": 1, "frequency_penalty": 0.0, "presence_penalty": 0.6, "logging": true}
END
expect "port" "$(value_of listen)" "127.0.0.1:8099 from file config.json port"
expect "model" "$(MODEL=gpt-4o value_of default_model)" "gpt-4o from environment MODEL"
check_says 'warning: the door bot is open to everybody' 'logging is not a key of openai-api'
serves
grep -q 'configuration_warning .*open to everybody' "$log" || fail "the start does not warn"
ACCESS_TOKEN=hunter2 check_says 'guests: none'
echo '{"name": "web-app", "port": 3000}' > config.json
check_says 'config.json is passed over: it has no api_key' 'listens on 127.0.0.1:8080'
