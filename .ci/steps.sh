# Steps with a limit on their time, for .ci/run and .ci/nightly, which set LIMIT (seconds), TEST_REPORTS (a folder) and ON_FAILURE
# ("stop" or "continue"). Prints the seconds of each step and the suites that were skipped; the last line is the sum of all test
# runs: "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export ORT_DISABLE_TELEMETRY=1 ONNXRUNTIME_NODE_INSTALL=skip
CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)
export CMAKE_BUILD_PARALLEL_LEVEL
export TEST_REPORTS="$PWD/$TEST_REPORTS"
rm -rf "$TEST_REPORTS"
mkdir -p "$TEST_REPORTS"

times=() failed=()
step() { # NAME COMMAND [ARGUMENT...]
  local name=$1 begin=$SECONDS left=$((LIMIT - SECONDS)) status
  shift
  printf '\n== %s\n' "$name"
  if ((left > 0)); then
    timeout --kill-after=10 "$left" "$@" 2>&1 | tee "$TEST_REPORTS/$name.log"
    status=${PIPESTATUS[0]}
  else
    status=124
  fi
  times+=("$(printf '%5d s  %s%s' $((SECONDS - begin)) "$name" "$( ((status == 0)) || echo ': FAILED')")")
  ((status == 0)) && return
  if ((status == 124 || status == 137)); then echo "$name: stopped, since all steps take more than $LIMIT s"; fi
  echo "$name FAILED with exit code $status"
  failed+=("$name")
  if [[ $ON_FAILURE == stop ]]; then exit 1; fi
}

finish() {
  local status=$?
  echo
  printf '%s\n' "${times[@]}" "$(printf '%5d s  in all' $SECONDS)"
  node scripts/test-totals.mjs "$TEST_REPORTS" "${failed[@]}" || status=1
  exit $status
}
trap finish EXIT
