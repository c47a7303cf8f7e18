#!/usr/bin/env bash
# Words for a picture, a picture for words, and a stream, with curl and jq.
# usage: curl.sh [ADDRESS]
set -euo pipefail
base=${1:-http://localhost:8080}
json='content-type: application/json'
scene=$(dirname "$0")/../docs/examples/scene.png

echo "a caption:"
base64 -w0 "$scene" \
    | jq -R '{template: "caption", input: [{type: "image", image: ("data:image/png;base64," + .)}]}' \
    | curl -fsS "$base/v1/interleave" -H "$json" --data-binary @- \
    | jq -r '.segments[].text'

echo "a picture:"
words="a small red square at the center on a dark background"
curl -fsS "$base/v1/interleave" -H "$json" \
    -d "{\"template\": \"picture\", \"input\": [{\"type\": \"text\", \"text\": \"$words\"}], \"seed\": 1}" \
    | jq -r '.segments[0].image' | sed 's/^[^,]*,//' | base64 -d >"${TMPDIR:-/tmp}/square.png"
file -b "${TMPDIR:-/tmp}/square.png"

echo "a story, event by event:"
curl -fsSN "$base/v1/interleave" -H "$json" -H 'accept: text/event-stream' \
    -d "{\"template\": \"story\", \"input\": [{\"type\": \"text\", \"text\": \"$words\"}], \"seed\": 3}" \
    | sed -n 's/^data: {/{/p' \
    | jq -r 'select(.type == "segment.done") | .segment | "\(.type): \(.text // "\(.width) x \(.height)")"'

echo "what a request would do:"
curl -fsS "$base/v1/interleave" -H "$json" \
    -d '{"template": "picture", "input": [{"type": "text", "text": "a red circle"}], "dry_run": true}' \
    | jq -c '{prompt_tokens, positions, mode: .parameters.mode}'
