"""What is better by more than noise, and what is not."""

from __future__ import annotations

import numpy as np
import pytest

from training.transfer.noise import is_more_than_noise


@pytest.mark.parametrize(
    ("gains", "more"),
    [
        pytest.param([0.1] * 20, True, id="all the same"),
        pytest.param([0.5, -0.4] * 20, False, id="more noise than gain"),
        pytest.param([0.5, -0.1] * 20, True, id="more gain than noise"),
        pytest.param([0.0] * 20, False, id="nothing"),
        pytest.param([-0.1] * 20, False, id="a loss"),
        pytest.param([9.0], False, id="one picture"),
        pytest.param([9.0] + [0.0] * 40, False, id="one picture of many"),
    ],
)
def test_a_gain_counts_where_it_is_more_than_noise(gains: list[float], more: bool) -> None:
    assert is_more_than_noise(np.array(gains)) == more
