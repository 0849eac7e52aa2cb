#!/bin/bash
# Runs every fuzz target of a build folder for FUZZ_SECONDS; corpora stay in build/corpus and grow.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?usage: tools/fuzz.sh BUILD_FOLDER}
seconds=${FUZZ_SECONDS:-60}
found=0
for target in "$folder"/fuzz/*_fuzz; do
  [ -x "$target" ] || continue
  found=$((found + 1))
  name=$(basename "$target")
  corpus=build/corpus/$name
  mkdir -p "$corpus"
  seeds=fuzz/seeds/${name%_fuzz}
  echo "fuzz: $name for $seconds s"
  log=build/corpus/$name.log
  if ! "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/corpus/$name-" "$corpus" $([ -d "$seeds" ] && echo "$seeds") >"$log" 2>&1; then
    grep -E "ERROR|SUMMARY|Test unit written" "$log" >&2 || tail -n 5 "$log" >&2
    echo "fuzz: $name failed; the whole output is $log" >&2
    exit 1
  fi
  grep -E "number_of_executed_units" "$log"
done
[ "$found" -gt 0 ] || { echo "fuzz: no targets (*_fuzz) in $folder/fuzz" >&2; exit 1; }
echo "fuzz: $found targets, $seconds s each, nothing found"
