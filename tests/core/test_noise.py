"""Keyed noise: a bijection of keys, uniform, unrelated across streams and seeds, and the same wherever a row stands."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from askwise.core.errors import BadInput
from askwise.core.noise import Noise, as_noise, mix, row_keys, stream_key

WORD = 2**64


def unmix(bits: int, stream: int) -> int:
    """The key whose mixed bits these are: every step of splitmix64's finaliser undone in whole numbers."""
    z = bits ^ (bits >> 31) ^ (bits >> 62)
    z = z * pow(0x94D049BB133111EB, -1, WORD) % WORD
    z ^= (z >> 27) ^ (z >> 54)
    z = z * pow(0xBF58476D1CE4E5B9, -1, WORD) % WORD
    z ^= (z >> 30) ^ (z >> 60)
    return ((z - 0x9E3779B97F4A7C15) % WORD) ^ stream


def test_mix_is_a_bijection():
    stream = stream_key(3, "ties")
    keys = np.random.default_rng(0).integers(2**63, size=1000).astype(np.uint64)
    back = [unmix(int(bits), int(stream)) for bits in mix(keys, stream)]
    assert back == keys.tolist()
    assert len(np.unique(mix(np.arange(1 << 18, dtype=np.uint64), stream))) == 1 << 18


@pytest.mark.parametrize("bits", [0, WORD - 1])
def test_uniform_is_open_at_both_ends(bits):
    key = unmix(bits, int(stream_key(0, "uniform")))
    value = Noise(0, np.array([key], dtype=np.uint64)).uniform()[0]
    assert 0.0 < value < 1.0
    key = unmix(bits, int(stream_key(0, "gumbel")))
    assert np.isfinite(Noise(0, np.array([key], dtype=np.uint64)).gumbel()).all()


@pytest.mark.parametrize(
    "keys", [np.arange(50_000), np.arange(50_000) * 1024, row_keys([f"doc-{i}" for i in range(20_000)])]
)
def test_distributions(keys):
    noise = Noise(7, keys)
    assert stats.kstest(noise.uniform(), "uniform").pvalue > 0.01
    assert stats.kstest(noise.gumbel(), "gumbel_r").pvalue > 0.01


def test_streams_seeds_and_children_are_unrelated():
    noise = Noise(0, 20_000)
    base = noise.uniform("a")
    for other in (noise.uniform("b"), Noise(1, 20_000).uniform("a"), noise.child("step").uniform("a")):
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.03
    lagged = abs(np.corrcoef(base[1:], base[:-1])[0, 1])
    assert lagged < 0.03


def test_a_row_keeps_its_noise_wherever_it_stands():
    noise, rows = Noise(5, 100), np.array([70, 3, 12])
    np.testing.assert_array_equal(noise.take(rows).uniform(), noise.uniform()[rows])
    np.testing.assert_array_equal(noise.take(rows).gumbel("x"), noise.gumbel("x")[rows])
    assert noise.take(rows).generator("k").random() == noise.generator("k").random()


def test_row_keys():
    assert row_keys([5, 3]).tolist() == [5, 3]
    assert len(np.unique(row_keys([-1, 0, 1]))) == 3
    texts = row_keys(["a", "b", "日本"])
    assert len(set(texts.tolist())) == 3
    np.testing.assert_array_equal(row_keys(np.array(["b", "a"])), texts[[1, 0]])
    np.testing.assert_array_equal(row_keys(np.array(["a", "b", "日本"], dtype=object)), texts)
    with pytest.raises(BadInput, match=r"row ids of type float64 cannot be used; give integers or strings"):
        row_keys([0.5, 1.5])
    with pytest.raises(BadInput, match="object"):
        row_keys(np.array(["a", 1], dtype=object))


def test_as_noise():
    assert as_noise(None, 3).seed == 0 and as_noise(9, 3).seed == 9
    noise = Noise(4, 3)
    assert as_noise(noise, 3) is noise
    assert as_noise(np.random.default_rng(1), 3).seed == as_noise(np.random.default_rng(1), 3).seed
    with pytest.raises(BadInput, match=r"noise for 3 rows, but there are 5; pass rng=rng.take\(rows\) or a seed"):
        as_noise(noise, 5)


def test_generators_take_any_seed():
    draws = {Noise(seed, 1).generator().random() for seed in (0, 1, -1, 2**70)}
    assert len(draws) >= 3
