#!/bin/sh
# Keeps an upstream of nginx equal to a pool. To be run by
#
#   rserpool watch POOL --exec '/etc/nginx/nginx-upstream.sh NAME FILE'
#
# which gives it the pool as JSON on standard input. It writes FILE, which nginx includes within
# http { }: the upstream NAME, and the variable $NAME_is_empty, which is 1 while nobody is there. If
# nginx refuses the new FILE (nginx -t), the old one is put back; else nginx is told to reload it.
#
# NGINX says how nginx is called, for example NGINX="nginx -p /srv/nginx -c nginx.conf".
# Needs jq.
set -eu
name=${1:?NAME is missing} file=${2:?FILE is missing}
case $name in *[!A-Za-z0-9_]*) echo "NAME has other characters than A-Z a-z 0-9 _" >&2; exit 2 ;; esac
nginx=${NGINX:-nginx}
undone=$file.undone

# Nothing of the pool is copied as it is: addresses must look like addresses, and numbers are numbers.
jq -r --arg name "$name" '
  [ .poolElements | sort_by(.identifier)[]
    | select(.transport.protocol == "tcp")
    | (.transport.addresses[0] | select(test("\\A[0-9A-Fa-f:.]+\\z"))) as $address
    | (.policy.weight // 1 | tonumber | floor | select(. > 0)) as $weight
    | (if $address | contains(":") then "[\($address)]" else $address end) as $host
    | "    server \($host):\(.transport.port | tonumber) weight=\($weight);"
  ] as $servers
  | "upstream \($name) {",
    ($servers[]),
    (if $servers == [] then "    server 127.0.0.1:1 down;" else empty end),
    "}",
    "map \"\" $\($name)_is_empty { default \(if $servers == [] then 1 else 0 end); }"
' >"$file.new"

# What nginx has taken already needs no reload.
if [ ! -e "$undone" ] && cmp -s "$file.new" "$file"; then
  rm "$file.new"
  exit 0
fi
if [ -e "$file" ]; then cp -p "$file" "$file.old"; else rm -f "$file.old"; fi
: >"$undone"
mv "$file.new" "$file"
if ! $nginx -q -t; then
  if [ -e "$file.old" ]; then mv "$file.old" "$file"; else rm "$file"; fi
  exit 1
fi
$nginx -s reload
rm -f "$undone" "$file.old"
