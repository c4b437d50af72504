#!/bin/sh
# Many matches on a Ray cluster; every node has touchline[cloud,ray] and reaches the store.
#
#   sh ray.sh FOLDER_OR_MANIFEST STORE [ADDRESS]
set -eu
input=$1 store=$2 address=${3:-auto}

touchline batch plan --input "$input" --out "$store"
touchline batch run --out "$store" --ray "$address"
touchline batch status --out "$store"
