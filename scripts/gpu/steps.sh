# shellcheck shell=bash disable=SC2154
# The steps of once.sh. `lacks_NAME` prints why a step cannot run here; `step_NAME` runs it, in a shell of its own.

has() { command -v "$1" >/dev/null 2>&1 || echo "no $1"; }
bench() {
  cd "$root" && node benchmarks/suites/gpu/bench.mjs $rehearse --out "$out/bench.jsonl" --python "$python" \
    --budget "$soft" "$@"
}
# The targets that a short race needs.
race_targets=sync-spin,sync-block,async,mapped,graph,graph-async,graph-mapped
race_targets+=,python-binding,python-graph,torch-eager,torch-graph,torch-replay

# base

lacks_add() { [ -e "$part/kit.json" ] || echo "no base in $part"; }
step_add() { sh "$part/unpack.sh" add "$part"; }

lacks_build() { [ -e "$KIT_PARTS/unpack.sh" ] || echo 'the base was not added'; }
step_build() { sh "$KIT_PARTS/unpack.sh" build; }

lacks_base_doctor() { [ -e "$kit/env.sh" ] || echo 'the base was not unpacked'; }
step_base_doctor() { sh "$kit/unpack.sh" doctor; }

# proof

lacks_node() { [ -e "$root/node.tar.xz" ] || echo 'no node.tar.xz in the pack'; }
step_node() { "$python" -m tarfile -e "$root/node.tar.xz" "$kit" && node --version; }

lacks_doctor() { :; }
step_doctor() { cd "$root" && node dist/tools/cli/cli.js doctor --require cuda; }

# Needs no provider library: runs also where ONNX Runtime's is refused.
lacks_driver() { :; }
step_driver() { cd "$root" && node scripts/gpu/driver.mjs; }

lacks_tests() { :; }
step_tests() { cd "$root" && node test/gpu/test.mjs $rehearse $quick --out "$out/tests.jsonl" --budget "$soft"; }

lacks_sanitizer() { has compute-sanitizer; }
step_sanitizer() {
  cd "$root" && compute-sanitizer --tool memcheck --error-exitcode 86 \
    node test/gpu/test.mjs --only short --in-process --budget "$soft" --out "$scratch/sanitizer.jsonl"
}

# Python's ONNX Runtime for CUDA, whose providers are the base's.
lacks_python() {
  if [ ! -e "$root/python-part.tar.xz" ]; then
    echo 'no python-part.tar.xz in the pack'
  elif [ ! -d "$kit/ort" ]; then
    echo 'no base'
  else
    has "$python"
  fi
}
step_python() {
  mkdir -p "$site" && "$python" -m tarfile -e "$root/python-part.tar.xz" "$site" || return
  for library in "$kit"/ort/libonnxruntime_providers_*.so; do ln -sf "$library" "$site/onnxruntime/capi/"; done
  "$python" -c 'import onnxruntime as o; print(o.__version__, o.get_available_providers())'
}

lacks_race() { :; }
step_race() { bench --only 'race/mlp$,race/one-node$' --targets "$race_targets"; }

lacks_copies() { :; }
step_copies() { bench --only copies; }

# A minute between two targets: 20 seconds each at 1 kHz, with their starts.
lacks_pace() { :; }
step_pace() { bench --only pace/ --targets sync-spin,graph; }

lacks_bert_models() { torch_lacks; }
step_bert_models() { cd "$root" && "$python" scripts/gpu/make-bert.py "$kit/bert"; }

lacks_bert() {
  [ -e "$kit/bert/bert.onnx" ] || echo 'no bert.onnx of the step bert_models'
}
step_bert() {
  cd "$root" && local half=()
  [ -e "$kit/bert/bert-half.onnx" ] && half=(--half "$kit/bert/bert-half.onnx" --torch-half "$kit/bert/bert-half.pt")
  node benchmarks/suites/bert/bench.mjs --device cuda $rehearse --python "$python" --shapes 1x128,8x128 \
    --only torch-eager,torch-compile,torch-graph,python-binding,python-graph,sync-spin,graph \
    --model "$kit/bert/bert.onnx" --torch "$kit/bert/bert.pt" "${half[@]}" \
    --budget "$(awk "BEGIN { print $soft / 60 }")" --out "$out/bert.jsonl"
}

lacks_timeline() { has ncu; }
step_timeline() {
  cd "$root" && ncu --clock-control none --metrics gpu__time_duration.sum --csv --launch-skip 20 --launch-count 40 \
    node scripts/gpu/request.mjs >"$out/timeline.csv"
}

# The tests and measurements that the budgets above have cut off.
lacks_rest() { :; }
step_rest() {
  cd "$root" && node test/gpu/test.mjs $rehearse $quick --out "$out/tests.jsonl" --budget "$((soft / 2))"
  local tested=$?
  bench --budget "$((soft / 2))" && return $tested
}

torch_lacks() {
  local lacking
  lacking=$(has "$python")
  if [ -n "$lacking" ]; then
    echo "$lacking"
    return
  fi
  # Finds them without an import of torch, whose seconds would belong to no step's budget.
  "$python" -c 'import importlib.util as u; assert all(map(u.find_spec, "torch transformers onnx onnxscript".split()))' \
    2>/dev/null || echo "$python has no torch, transformers, onnx or onnxscript"
}
