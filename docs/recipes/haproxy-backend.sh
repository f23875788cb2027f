#!/bin/sh
# Keeps a backend of haproxy equal to a pool. To be run by
#
#   rserpool watch POOL --exec '/etc/haproxy/haproxy-backend.sh NAME FILE CONFIG PIDFILE'
#
# which gives it the pool as JSON on standard input. It writes FILE, the backend NAME, and has haproxy
# take it, which runs as its master process with both files:
#
#   haproxy -W -p PIDFILE -f CONFIG -f FILE
#
# If haproxy refuses the new FILE (haproxy -c), the old one stays. Without servers haproxy answers 503.
# Needs jq.
set -eu
name=${1:?NAME is missing} file=${2:?FILE is missing}
config=${3:?CONFIG is missing} pidfile=${4:?PIDFILE is missing}
case $name in *[!A-Za-z0-9_]*) echo "NAME has other characters than A-Z a-z 0-9 _" >&2; exit 2 ;; esac
undone=$file.undone

# Nothing of the pool is copied as it is: addresses must look like addresses, and numbers are numbers.
jq -r --arg name "$name" '
  "backend \($name)",
  "    balance roundrobin",
  ( .poolElements | sort_by(.identifier)[]
    | select(.transport.protocol == "tcp")
    | (.identifier | select(test("\\A0x[0-9a-f]{8}\\z"))) as $identifier
    | (.transport.addresses[0] | select(test("\\A[0-9A-Fa-f:.]+\\z"))) as $address
    | ([.policy.weight // 1 | tonumber | floor, 256] | min) as $weight
    | (if $address | contains(":") then "[\($address)]" else $address end) as $host
    | "    server \($identifier) \($host):\(.transport.port | tonumber) weight \($weight)"
  )
' >"$file.new"

# What haproxy has taken already needs no reload.
if [ ! -e "$undone" ] && cmp -s "$file.new" "$file"; then
  rm "$file.new"
  exit 0
fi
haproxy -c -q -f "$config" -f "$file.new"
: >"$undone"
mv "$file.new" "$file"
kill -USR2 "$(cat "$pidfile")"
rm -f "$undone"
