#!/usr/bin/env bash
# Proves the package on a GPU machine in two calls: `base` unpacks Node and ONNX Runtime, `proof` tests and measures.
# Each step has a budget in seconds; the order of --steps is the order of the steps. README.md lists them.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/scripts/gpu/steps.sh"

usage() {
  cat >&2 <<'TEXT'
once.sh base|proof --out DIR --total S --steps NAME=S,... [options]
  --out DIR      the results, written line by line
  --total S      seconds after which everything has ended
  --steps A=S,B  the steps in their order, each with its budget in seconds
  --kit DIR      the unpacked base
  --part DIR     base: the packed base; its files are moved
  --env FILE     a file to source after the kit's environment
  --python CMD   a Python with torch (python3)
  --quick        few repetitions, for a rehearsal
  --rehearse     with the addon of the fake driver
TEXT
  exit 2
}

[ $# -gt 0 ] || usage
phase=$1 out='' total='' steps='' kit='' part='' more='' python=python3 quick='' rehearse=''
case $phase in base | proof) shift ;; *) usage ;; esac
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=--quick && shift && continue ;;
    --rehearse) rehearse=--rehearse && shift && continue ;;
    --out | --total | --steps | --kit | --part | --env | --python) [ $# -gt 1 ] || usage ;;
    *) usage ;;
  esac
  case $1 in
    --out) out=$2 ;;
    --total) total=$2 ;;
    --steps) steps=$2 ;;
    --kit) kit=$2 ;;
    --part) part=$2 ;;
    --env) more=$2 ;;
    --python) python=$2 ;;
  esac
  shift 2
done
[ -n "$out" ] && [ -n "$total" ] && [ -n "$steps" ] || usage
mkdir -p "$out" && out=$(cd "$out" && pwd)
scratch=$(mktemp -d)
records=$out/$phase.jsonl log=$out/$phase.log
: >"$records"
: >"$log"

finish() {
  trap - EXIT TERM INT
  # Without Node the records are the index.
  command -v node >/dev/null && timeout -k 1 10 node "$root/scripts/gpu/index.mjs" "$out" "$total" "$SECONDS"
  rm -rf "$scratch"
  exit "${1:-$failed}"
}

record() { printf '{"step":"%s",%s}\n' "$name" "$1" >>"$records"; }

skip() {
  record "\"status\":\"skipped\",\"reason\":\"$1\",\"at\":$SECONDS"
  echo "$name: skipped: $1" | tee -a "$log"
}

# Runs a step's command within its budget and the time that is left. A step is a shell function: a child shell has it.
run_step() {
  # What a program that does not end at once takes (-k), and the index, are within the total.
  local left=$((total - SECONDS - 5)) begin=$EPOCHREALTIME
  limit=$((budget < left ? budget : left))
  [ "$limit" -gt 0 ] || { skip 'out of time' && failed=1 && return; }
  reason=$(lacks_"$name")
  [ -z "$reason" ] || { skip "$reason" && return; }
  record "\"status\":\"begun\",\"budget\":$budget,\"limit\":$limit,\"at\":$SECONDS"
  printf '\n=== %s (%s s)\n' "$name" "$limit" >>"$log"
  # What a program may use of it to end by itself.
  soft=$((limit - limit / 10))
  export name limit soft
  timeout -k 3 "$limit" bash -c '. "$root/scripts/gpu/steps.sh" && step_"$name"' >>"$log" 2>&1 </dev/null
  local rc=$? status=failed
  [ $rc -eq 0 ] && status=passed
  case $rc in 124 | 137) status=cut ;; esac
  [ $status = passed ] || failed=1
  local seconds
  seconds=$(awk "BEGIN { printf \"%.2f\", $EPOCHREALTIME - $begin }")
  record "\"status\":\"$status\",\"rc\":$rc,\"budget\":$budget,\"limit\":$limit,\"seconds\":$seconds,\"at\":$SECONDS"
  echo "$name: $status (exit code $rc) in $seconds of $limit s" | tee -a "$log"
  tail -n 4 "$log" | head -n 3
}

failed=0
trap finish EXIT
trap 'finish 143' TERM INT
if [ $phase = proof ]; then
  if [ -n "$kit" ]; then . "$kit/env.sh" || exit; fi
  if [ -n "$more" ]; then . "$more" || exit; fi
  # Of the step `python`.
  site=${kit:-$scratch}/python-site
  export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
fi
export root out kit part python quick rehearse scratch site log KIT="$kit" KIT_PARTS="$kit-parts"
IFS=,
for step in $steps; do
  unset IFS
  name=${step%%=*} budget=${step#*=}
  if ! declare -F "step_$name" >/dev/null || ! [[ $budget =~ ^[0-9]+$ ]]; then
    echo "once.sh: --steps $step: expected NAME=SECONDS of a step in scripts/gpu/steps.sh" >&2
    failed=2
    continue
  fi
  run_step
done
