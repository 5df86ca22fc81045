#!/usr/bin/env bash
# Verify a webhook that was kept in files: verify_webhook.sh HEADERS BODY, with WEBHOOK_SECRET in the environment.
# HEADERS has a header a line, in small letters, as `curl -D` writes them. For looking into things: a server
# compares in constant time, as verify_webhook.py does.
set -euo pipefail
header() { sed -n "s/^$1: *//p" "$HEADERS" | tr -d '\r'; }
HEADERS=$1 BODY=$2 stamp=$(HEADERS=$1 header webhook-timestamp)
key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
expected=$({ printf '%s.%s.' "$(header webhook-id)" "$stamp"; cat "$BODY"; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
age=$(($(date +%s) - stamp))
[ "${age#-}" -le 300 ] || { echo "too old, or from the future" >&2; exit 1; }
for given in $(header webhook-signature); do [ "$given" = "v1,$expected" ] && echo "verified" && exit 0; done
echo "not signed with this secret" >&2
exit 1
