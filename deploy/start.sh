#!/bin/sh
# Gives each file of /run/secrets to the program as a variable of its name, and becomes the program.
set -eu
for file in "${SECRETS:-/run/secrets}"/*; do
    [ -f "$file" ] || continue
    value=$(cat "$file")
    export "$(basename "$file")=$value"
done
exec "$@"
