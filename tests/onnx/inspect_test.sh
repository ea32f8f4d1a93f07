# SPDX-License-Identifier: Apache-2.0
# A model made by our builder, as inspect shows it; and models that are none.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$BEAMLINE_BUILD/tests/onnx/onnx_built" model.onnx

cat >wanted <<'END'
model.onnx: ONNX, IR version 8, operators of ai.onnx 15
written by beamline test
  classes: signal,background

Inputs
  x             float32[batch, 3]
  n             int64[]

Outputs
  y             float32[batch, 2]

Operators
  Constant             1
  Gemm                 1
  Greater              1
  Identity             1
  If                   1
  Relu                 1
  Softmax              1

7 nodes, 8 parameters in 2 tensors, 32 B
END
"$BEAMLINE" inspect model.onnx | diff wanted -

"$BEAMLINE" inspect --json model.onnx | python3 -c '
import json, sys
model = json.load(sys.stdin)
assert model["opsets"] == [{"domain": "ai.onnx", "version": 15}]
assert model["metadata"] == [{"key": "classes", "value": "signal,background"}]
assert model["inputs"] == [{"name": "x", "type": "float32", "shape": ["batch", 3]},
                           {"name": "n", "type": "int64", "shape": []}]
assert [model[k] for k in ("nodes", "tensors", "parameters", "parameter_bytes")] == [7, 2, 8, 32]
assert {"domain": "ai.onnx", "name": "If", "nodes": 1} in model["operators"]'

# refused STATUS MESSAGE FILE [OPTION…]
refused() {
    local wanted=$1 message=$2 status=0
    shift 2
    "$BEAMLINE" inspect "$@" >out 2>log || status=$?
    if [ "$status" != "$wanted" ] || [ -s out ] || ! grep -qF -- "$message" log; then
        echo "$*: $status, wanted $wanted: $message"
        cat out log
        exit 1
    fi
}
head -c 300 model.onnx >cut.onnx
refused 5 "cut.onnx: byte 18: no field of a model, or it is cut" cut.onnx
printf 'no model at all' >text.onnx
refused 5 "text.onnx: byte 0: no field of a model, or it is cut" text.onnx
: >empty.onnx
refused 5 "empty.onnx: no ONNX model: it has no graph" empty.onnx
refused 6 "graph 'g': sparse initializers" "$BEAMLINE_SOURCE/fuzz/corpus/onnx/refused_sparse.onnx"
refused 2 "--tree, --columns and --names are for tables" model.onnx --names
# one that fails does not hide the others
refused_too=0
"$BEAMLINE" inspect --json cut.onnx model.onnx >out 2>log || refused_too=$?
[ "$refused_too" = 5 ] && grep -q '"nodes":7' out && grep -q "cut.onnx" log
