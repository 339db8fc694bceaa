#!/usr/bin/env bash
# Clients of the programs that chatgate replaces, as those who wrote their manuals wrote them: Python
# with `requests`, and curl. Address and key aside nothing of them changes.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price gpt-3.5-turbo gpt-3.5-turbo-0301
add_user ann
start_gateway --default-model gpt-3.5-turbo --web-requests-per-second 0
text="The quick brown fox jumps over the lazy dog."

# The platform's dialogue: the program asks, keeps what was said, and asks again until it is told to stop.
cat > dialogue.py << 'END'
import json
import sys

import requests

url, key = sys.argv[1:]
system = input("sys> ")
said = []
while True:
    question = input("user> ")
    if question.lower() in ["exit", "quit"]:
        break
    data = {
        "system_content": system,
        "user_content": question,
        "model": "gpt-3.5-turbo",
        "api_key": key,
        "continuous": said,
        "max_tokens": 100,
    }
    response = requests.post(url, json=data)
    if response.status_code != 200:
        sys.exit(f"{response.status_code} {response.text}")
    result = json.loads(response.text)
    print(result["current_response"])
    said = result["result"]
END
expect "the dialogue" "$(printf '%s\n' 'Be brief.' 你好 'And then?' quit |
  python3 dialogue.py "$gateway/api" "$token" | sed 's/^\(sys> \|user> \)*//')" "$text
$text"
expect "the dialogue's turns" "$(seen 'JSON.parse(input.at(-1).body).messages.map(m => m.content).join("|")')" \
  "Be brief.|你好|$text|And then?"

# The platform's other way, and the bot's.
cat > ask.py << 'END'
import json
import sys

import requests

gateway, key = sys.argv[1:]
answer = requests.get(gateway + "/chatgpt", params={"prompt": "Hi & bye"}, headers={"ApiKey": key})
print(answer.status_code, answer.json()["data"]["response"])
answer = requests.get(gateway + "/chatgpt", data={"prompt": "Hi"}, headers={"ApiKey": key, "Model": "gpt-3.5-turbo"})
print(answer.status_code, answer.json()["data"]["response"])
answer = requests.post(gateway + "/api/chat", json={"prompt": "Hi"}, headers={"Authorization": "Bearer " + key})
print(answer.json()["code"], answer.json()["data"])
answer = requests.post(
    gateway + "/api/chat-process",
    json={"prompt": "Hi", "options": {}},
    auth=("ann", "secret-word"),
    stream=True,
)
lines = list(answer.iter_lines())
print(answer.status_code, json.loads(lines[-1])["text"])
END
admin user passwd ann <<< secret-word > /dev/null
wait_until 10 bash -c "curl --silent --user ann:secret-word --data '{\"prompt\":\"/me\"}' '$gateway/api/chat-process' |
  grep -q '\"role\":\"assistant\"'"
expect "the others" "$(python3 ask.py "$gateway" "$token")" "200 $text
200 $text
200 $text
200 $text"

# The agent's, and the conversations'.
curl --silent --request POST "$gateway/chat" --header "Authorization: Bearer $token" \
  --header 'Content-Type: application-json' --data '{
    "model": "gpt-3.5-turbo-0301",
    "messages": [
        {"role": "user", "content": "你好"},
        {"role": "assistant", "content": "你好！有什么我可以帮助你的吗？"},
        {"role": "user", "content": "ai 有人权吗"}
    ],
    "temperature": 0.7
}' > answer
expect "the agent" "$(json 'input.choices[0].message.content' < answer)" "$text"
curl --silent --request GET "$gateway/data/week" --header "Authorization: Bearer $token" > week
expect "the week" "$(json 'input.at(-1).model + " " + input.at(-1).total_tokens' < week)" "gpt-3.5-turbo-0301 22"
curl --silent -X 'POST' "$gateway/ask/new" -H 'accept: application/json' -H 'Content-Type: application/json' \
  -H "Authorization: Bearer $token" -d '{
  "prompt": "你好",
  "parent_id": null
}' > answer
expect "the conversation" "$(json 'input.message' < answer)" "$text"
expect_no_holds
expect_sound_books
