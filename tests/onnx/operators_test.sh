# SPDX-License-Identifier: Apache-2.0
# The table of ONNX's operators in docs/models.md is that of the code.
set -euo pipefail
diff <(sed -n '/^| Operator | Domain |/,/^$/{/^| Operator/d;/^|---/d;/^|/p;}' \
    "$BEAMLINE_SOURCE/docs/models.md") <("$BEAMLINE_BUILD/tests/onnx/onnx_operators")
