"""The peak of a block is that of the block."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from askwise.lab.memory import peak_of


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts anew")
def test_a_block_that_holds_more_has_a_higher_peak():
    with peak_of() as small:
        pass
    with peak_of() as large:
        held = np.ones(16 << 20)  # 128 MiB
        del held
    with peak_of() as after:
        pass
    assert large.mb > small.mb + 100 and after.mb < large.mb - 50 and small.mb > 10
