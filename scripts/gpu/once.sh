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
  option=$1
  shift
  case $option in
    --quick) quick=$option && continue ;;
    --rehearse) rehearse=$option && continue ;;
  esac
  [ $# -gt 0 ] || usage
  case $option in
    --out) out=$1 ;;
    --total) total=$1 ;;
    --steps) steps=$1 ;;
    --kit) kit=$1 ;;
    --part) part=$1 ;;
    --env) more=$1 ;;
    --python) python=$1 ;;
    *) usage ;;
  esac
  shift
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
  # The last 5 seconds are for a program that does not end at once (-k), and for the index.
  local left=$((total - SECONDS - 5)) begin=$EPOCHREALTIME
  limit=$((budget < left ? budget : left))
  if [ "$limit" -le 0 ]; then
    skip 'out of time'
    failed=1
    return
  fi
  reason=$(lacks_"$name")
  if [ -n "$reason" ]; then
    skip "$reason"
    return
  fi
  record "\"status\":\"begun\",\"budget\":$budget,\"limit\":$limit,\"at\":$SECONDS"
  printf '\n=== %s (%s s)\n' "$name" "$limit" >>"$log"
  # The budget of a program that ends by itself.
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
  # The step `python` fills it.
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
