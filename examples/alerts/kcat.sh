#!/bin/sh
# Print the severity, the status and the message of every step of every alert, from now on.
exec kcat -C -u -q -b "${1:-localhost:9092}" -t quality.alerts -o "${2:-end}" |
  jq --unbuffered -r '"\(.severity) \(.status) \(.message)"'
