#!/usr/bin/env bash
# The client that chatgpt-easy-backend's users have, in Python: it prints what comes, keeps the ids of the
# last message for the next question, and sees errors as its library raises them.
. "$(dirname "$0")/lib.sh"
. "$here/lib_grpc.sh"
/usr/bin/python3 -c 'import grpc, google.protobuf' 2> /dev/null || skip "python3-grpcio is not installed"
start_upstream
set_price gpt-4o
add_user ann
start_grpc_gateway

protoc --proto_path="$CHATGATE_ROOT/server/grpc" --python_out="$work" --grpc_out="$work" \
  --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" chat.proto
cat > client.py << 'END'
import sys
import grpc
import chat_pb2, chat_pb2_grpc

address, token, *prompts = sys.argv[1:]
conversation_id, parent_id = 'new', 'new'
with grpc.insecure_channel(address) as channel:
    stub = chat_pb2_grpc.ChatStub(channel)
    for prompt in prompts:
        question = chat_pb2.askrequest(prompt=prompt, conversation_id=conversation_id, parent_id=parent_id)
        metadata = [('authorization', 'Bearer ' + token)]
        try:
            for response in stub.Ask(question, metadata=metadata):
                if response.response.startswith('<|end|>'):
                    _, conversation_id, parent_id = response.response.split('$')
                    print('.')
                else:
                    print(response.response, end='')
        except grpc.RpcError as error:
            print('', error.code().name, error.details())
END
python() {
  PYTHONPATH=$work timeout 60 /usr/bin/python3 client.py "$grpc" "$@"
}

said="The quick brown fox jumps over the lazy dog."
expect "two questions" "$(python "$token" One Two)" "$said."$'\n'"$said."
expect "one conversation" \
  "$(seen 'JSON.parse(input.at(-1).body).messages.map(m => m.content).join("|")')" "One|$said|Two"
expect_match "a wrong token" "$(python sk-cg-wrong One)" '^<\|err\|> UNAUTHENTICATED .*token'
expect "states" "$(states)" "completed 2"
expect_sound_books
