"""Greedy designs from rough first forms make the picks of exact ones."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.kernels import fisher
from askwise.kernels.fisher import Design
from askwise.kernels.linear import quadratic, rough_quadratic


def rows_of(kind: str, seed: int, m: int = 900, d: int = 80) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((m, d))
    if kind == "falling":
        rows *= np.arange(1, d + 1) ** -1.5
    if kind == "low rank":
        rows = rows[:, :5] @ rng.standard_normal((5, d))
    if kind == "duplicates":
        rows[m // 2 :] = rows[: m - m // 2]
    if kind == "far off":
        rows += 40.0
    return rows.astype(np.float32)


KINDS = ["plain", "falling", "low rank", "duplicates", "far off"]


@pytest.mark.parametrize("kind", KINDS)
def test_rough_forms_are_within_their_errors(kind):
    rows = rows_of(kind, 0)
    table = rows.astype(np.float64)
    for matrix in (table.T @ table / len(rows), np.eye(rows.shape[1]), np.zeros((rows.shape[1],) * 2)):
        exact = quadratic(rows, matrix)
        rough, off = rough_quadratic(rows, matrix)
        assert (np.abs(rough - exact) <= off + 1e-12 * exact.max()).all()
        assert (off <= 0.02 * exact.max() + 1e-200).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("taken", [False, True])
def test_picks_are_those_of_exact_forms(kind, taken):
    """Rows in float64 get exact forms at once; rows in float32 only where they are in question."""
    for seed in range(4):
        rows = rows_of(kind, seed)
        weight = np.random.default_rng(seed + 50).uniform(0.2, 1.0, len(rows)) if seed % 2 else np.ones(len(rows))
        held = rows[:7].astype(np.float64) if taken else None
        ridge = (0.01, 3.0)[seed % 2]
        picks = [Design(given, weight, ridge, held).forward(60) for given in (rows, rows.astype(np.float64))]
        np.testing.assert_array_equal(*picks)


def test_few_rows_get_an_exact_form(monkeypatch):
    seen = []
    plain = fisher._Forms._make_exact
    monkeypatch.setattr(
        fisher._Forms,
        "_make_exact",
        lambda forms, rows: (seen.append(int((forms.off_g[rows] > 0).sum())), plain(forms, rows))[1],
    )
    Design(rows_of("falling", 1), np.ones(900), 1.0, None).forward(30)
    assert 0 < sum(seen) < 300
