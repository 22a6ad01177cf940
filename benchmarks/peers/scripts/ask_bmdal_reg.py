"""bmdal_reg's selection methods on given features. NumPy 2 removed `np.Inf`, which they use: it is put back here."""

import contextlib
import io

import numpy as np
import torch

vars(np)["Inf"] = np.inf

from bmdal_reg.bmdal import selection  # noqa: E402
from bmdal_reg.bmdal.feature_data import TensorFeatureData  # noqa: E402
from bmdal_reg.bmdal.feature_maps import IdentityFeatureMap  # noqa: E402
from bmdal_reg.bmdal.features import Features  # noqa: E402
from exchange import Given, main  # noqa: E402


def _features(rows: np.ndarray) -> Features:
    return Features(IdentityFeatureMap(rows.shape[1]), TensorFeatureData(torch.from_numpy(rows)))


def _select(given: Given, method, n: int | None = None, **settings) -> np.ndarray:
    torch.manual_seed(0)
    pool, train = _features(given["embeddings"]), _features(given["labelled_embeddings"])
    with contextlib.redirect_stdout(io.StringIO()):
        chosen = method(pool, train, verbosity=0, **settings).select(int(given["batch"]) if n is None else n)
    return chosen.numpy()


def _sigma(given: Given) -> float:
    return float(given["noise_sigma"])


def first_kmeanspp(given: Given) -> np.ndarray:
    """How often each row is the second pick, over 4000 seeds; the first is drawn uniformly."""
    counts = np.zeros(len(given["embeddings"]), dtype=int)
    for seed in range(4000):
        np.random.seed(seed)
        torch.manual_seed(seed)
        pool, train = _features(given["embeddings"]), _features(given["labelled_embeddings"])
        counts[int(selection.KmeansppSelectionMethod(pool, train, sel_with_train=True, verbosity=0).select(1)[0])] += 1
    return counts


CALLS = {
    "MaxDist": lambda given: _select(given, selection.MaxDistSelectionMethod, sel_with_train=True),
    "MaxDist, nothing labelled": lambda given: _select(given, selection.MaxDistSelectionMethod, sel_with_train=False),
    "LargestClusterMaxDist": lambda given: _select(
        given, selection.LargestClusterMaxDistSelectionMethod, sel_with_train=True
    ),
    "LargestClusterMaxDist, nothing labelled": lambda given: _select(
        given, selection.LargestClusterMaxDistSelectionMethod, sel_with_train=False
    ),
    "MaxDet": lambda given: _select(
        given, selection.MaxDetSelectionMethod, sel_with_train=True, noise_sigma=_sigma(given)
    ),
    "MaxDet, feature space": lambda given: _select(
        given, selection.MaxDetFeatureSpaceSelectionMethod, sel_with_train=True, noise_sigma=_sigma(given)
    ),
    "MaxDet, nothing labelled": lambda given: _select(
        given, selection.MaxDetSelectionMethod, sel_with_train=False, noise_sigma=_sigma(given)
    ),
    "Bait, forward": lambda given: _select(
        given, selection.BaitFeatureSpaceSelectionMethod, sel_with_train=True, noise_sigma=_sigma(given)
    ),
    "Bait, forward and backward": lambda given: _select(
        given,
        selection.BaitFeatureSpaceSelectionMethod,
        sel_with_train=True,
        noise_sigma=_sigma(given),
        overselection_factor=2.0,
    ),
    "FrankWolfe": lambda given: _select(given, selection.FrankWolfeSelectionMethod, sel_with_train=False),
    "FrankWolfe, kernel space": lambda given: _select(
        given, selection.FrankWolfeKernelSpaceSelectionMethod, sel_with_train=False
    ),
    "Kmeanspp, law of the first pick": first_kmeanspp,
}

BUGS = {}

if __name__ == "__main__":
    main("bmdal-reg", CALLS, BUGS)
