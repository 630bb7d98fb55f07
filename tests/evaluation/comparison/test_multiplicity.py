"""Holm's adjustment against R's p.adjust and by hand."""

from collections.abc import Callable

import numpy as np
import pytest

from pleura.evaluation.comparison.multiplicity import holm


def test_by_hand() -> None:
    """0.01 x 3; 0.03 x 2; 0.04 x 1 is below what was reached."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_against_r(run_r: Callable[[str], str], rng: np.random.Generator) -> None:
    p = np.round(rng.random(17) ** 4, 8)
    p[5] = p[3]
    values = ", ".join(repr(float(one)) for one in p)
    printed = run_r(f'cat(sprintf("%.17g", p.adjust(c({values}), method = "holm")))')
    np.testing.assert_allclose(holm(p.tolist()), np.array(printed.split(), dtype=float))


def test_what_is_no_p_is_refused() -> None:
    with pytest.raises(ValueError, match="need p"):
        holm([0.5, 1.5])
