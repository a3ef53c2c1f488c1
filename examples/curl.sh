#!/usr/bin/env bash
# A chat with curl alone: says two things in a room, then listens to it from the first one on, as a
# client does that was away for a while. Ctrl-C ends it.
#
#   examples/curl.sh http://localhost:8080 lobby
set -euo pipefail
room="${1:-http://localhost:8080}/api/rooms/${2:-lobby}"

# POST says something. The answer is the message as the server accepted it, with its id.
say() {
  curl --silent --show-error --fail-with-body --json "{\"username\": \"curl\", \"content\": \"$1\"}" \
    "$room/messages"
}
id=$(say 'Hello from curl' | sed -E 's/.*"id":"([^"]+)".*/\1/')
say 'Is anybody here?' >/dev/null

# Server-Sent Events: first everything after `Last-Event-ID`, then whatever is said from now on.
exec curl --silent --show-error --no-buffer --header "last-event-id: $id" "$room/events"
