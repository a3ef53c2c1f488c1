#!/usr/bin/env bash
# A chat with curl alone: says two things in a room, then listens to the room from the first one on,
# as a client does that was away for a while.
#
#   examples/curl.sh http://localhost:8080 lobby
set -euo pipefail
room="${1:-http://localhost:8080}/api/rooms/${2:-lobby}"

# POST says something; the answer is the message as the server accepted it, with its id.
say() {
  curl --silent --show-error --fail-with-body "$room/messages" \
    --header 'content-type: application/json' \
    --data "{\"username\": \"curl\", \"content\": \"$1\"}"
}
first=$(say 'Hello from curl')
say 'Is anybody here?' >/dev/null
id=$(sed -E 's/.*"id":"([^"]+)".*/\1/' <<<"$first")

# Server-Sent Events: everything after `Last-Event-ID`, then whatever is said, until this is stopped.
exec 3< <(exec curl --silent --show-error --no-buffer --header "last-event-id: $id" "$room/events")
trap "kill $!" EXIT
while read -r line <&3; do
  echo "$line"
  if [[ $line == data:*'"content":"bye"'* ]]; then break; fi
done
