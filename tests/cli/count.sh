#!/bin/sh
# count.sh COUNT FILE...: whether bats sees as many tests in the files as were registered.
set -u
registered=$1
shift
case ${BATS:-} in
'' | *NOTFOUND)
  echo 'skipped: bats is not installed'
  exit 77
  ;;
esac
seen=$("$BATS" --count "$@") || exit 1
echo "ran: $registered command-line tests registered, bats sees $seen"
[ "$registered" -gt 0 ] && [ "$registered" -eq "$seen" ]
