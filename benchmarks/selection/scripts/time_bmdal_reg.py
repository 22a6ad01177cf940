"""bmdal_reg's selections, timed; and k-center as distil and the authors write it, one torch.cdist a pick."""

import numpy as np
import torch

vars(np)["Inf"] = np.inf  # NumPy 2 removed it, and they use it

from bmdal_reg.bmdal import selection  # noqa: E402
from bmdal_reg.bmdal.feature_data import TensorFeatureData  # noqa: E402
from bmdal_reg.bmdal.feature_maps import IdentityFeatureMap  # noqa: E402
from bmdal_reg.bmdal.features import Features  # noqa: E402
from timing import Given, Prepared, main  # noqa: E402

torch.set_num_threads(1)


def _features(rows: np.ndarray) -> Features:
    return Features(IdentityFeatureMap(rows.shape[1]), TensorFeatureData(torch.from_numpy(rows)))


def _selected(given: Given, n: int, method, train: bool, **settings) -> Prepared:
    """The last row is labelled where training rows count."""
    rows = given["rows"]
    pool, held = (_features(rows[:-1]), _features(rows[-1:])) if train else (_features(rows), _features(rows[:0]))

    def run() -> np.ndarray:
        torch.manual_seed(0)
        return method(pool, held, sel_with_train=train, verbosity=0, **settings).select(n).numpy()

    return run


def _sigma(given: Given) -> float:
    rows = given["rows"]
    return float(np.sqrt(0.01 * (rows.astype(np.float64) ** 2).sum(axis=1).mean()))


def k_center(given: Given, n: int) -> Prepared:
    return _selected(given, n, selection.MaxDistSelectionMethod, True)


def k_means_pp(given: Given, n: int) -> Prepared:
    return _selected(given, n, selection.KmeansppSelectionMethod, True)


def lcmd(given: Given, n: int) -> Prepared:
    return _selected(given, n, selection.LargestClusterMaxDistSelectionMethod, False)


def max_det(given: Given, n: int) -> Prepared:
    return _selected(given, n, selection.MaxDetSelectionMethod, False, noise_sigma=_sigma(given))


def frank_wolfe(given: Given, n: int) -> Prepared:
    return _selected(given, n, selection.FrankWolfeSelectionMethod, False)


def bait(given: Given, n: int) -> Prepared:
    return _selected(given, n, selection.BaitFeatureSpaceSelectionMethod, False, noise_sigma=_sigma(given))


def k_center_cdist(given: Given, n: int) -> Prepared:
    rows = torch.from_numpy(given["rows"])

    def run() -> np.ndarray:
        pool, nearest, chosen = rows[:-1], torch.cdist(rows[:-1], rows[-1:])[:, 0], []
        for _ in range(n):
            chosen.append(int(nearest.argmax()))
            nearest = torch.minimum(nearest, torch.cdist(pool, pool[chosen[-1:]])[:, 0])
        return np.array(chosen)

    return run


if __name__ == "__main__":
    names = (k_center, k_means_pp, lcmd, max_det, frank_wolfe, bait, k_center_cdist)
    main({call.__name__: call for call in names})
