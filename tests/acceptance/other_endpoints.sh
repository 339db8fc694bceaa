#!/usr/bin/env bash
# Files, audio, images and moderations pass in both directions byte for byte.
. "$(dirname "$0")/lib.sh"
start_upstream
set_price whisper-1 tts-1 gpt-image-1 omni-moderation usage-70-30
add_user ann
start_gateway --relay-unmetered true
head -c 300000 /dev/urandom > "$work/speech é.wav"
sha=$(sha256sum < "$work/speech é.wav" | cut -d' ' -f1)

for format in json text srt vtt; do
  request POST /v1/audio/transcriptions --form "file=@$work/speech é.wav;type=audio/x-wav" \
    --form model=whisper-1 --form "response_format=$format"
  expect "status" "$status" 200
  expect_match "$format" "$body" "file=speech é.wav type=audio/x-wav bytes=300000 sha256=$sha"
done
expect_match "type" "$(header content-type)" '^text/vtt'
request POST /v1/audio/transcriptions --form "file=@$work/speech é.wav" --form model=usage-70-30
expect "metered audio" "$(books_of usage-70-30)" "1 70 30 0.00013"

post /v1/audio/speech '{"model":"tts-1","input":"Hello","voice":"alloy"}'
expect "speech" "$status $(header content-type)" "200 audio/mpeg"
curl -sS --data-raw '{"model":"tts-1"}' "$upstream/v1/audio/speech" | cmp - "$work/body" ||
  fail "the audio differs"
post /v1/images/generations '{"model":"gpt-image-1","prompt":"a gate"}'
expect "image" "$(json 'input.data[0].b64_json' <<< "$body")" aW1hZ2U=
post /v1/moderations '{"model":"omni-moderation","input":"x"}'
expect "moderation" "$status" 200
request POST /v1/files --form "file=@$work/speech é.wav" --form purpose=assistants
expect "upload" "$status" 200
request GET "/v1/files/$(json input.id <<< "$body")/content"
expect "download" "$(sha256sum < "$work/body" | cut -d' ' -f1)" "$sha"
expect_no_holds
expect_sound_books
