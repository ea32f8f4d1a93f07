# SPDX-License-Identifier: Apache-2.0
"""Models through the shared library, where Python can load that."""

import os

import pytest


def opened(path, **options):
    if not os.environ.get("BEAMLINE_LIBRARY"):
        pytest.skip("Python cannot load a library with a sanitizer")
    from beamline_infer import Model
    return Model(path, **options)
