#!/bin/sh
# Many matches on one machine: a plan, and one worker for each of N shards.
#
#   sh shards.sh FOLDER_OR_MANIFEST STORE N
set -eu
input=$1 store=$2 count=$3

touchline batch plan --input "$input" --out "$store" --shards "$count"

pids=""
shard=0
while [ "$shard" -lt "$count" ]; do
    touchline batch work --out "$store" --shard "$shard/$count" --help-others &
    pids="$pids $!"
    shard=$((shard + 1))
done

worst=0
for pid in $pids; do
    wait "$pid" || worst=$?
done
touchline batch status --out "$store"
exit "$worst"
