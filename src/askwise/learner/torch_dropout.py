"""Dropout masks that all rows of a draw share, so that a draw is one model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any


def dropouts(module: Any) -> list[Any]:
    """Dropout layers of a module with a rate above 0: elementwise and by channel."""
    from torch import nn

    kinds = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
    return [layer for layer in module.modules() if isinstance(layer, kinds) and layer.p > 0]


@contextmanager
def shared_masks(module: Any, seeds: list[int]) -> Iterator[None]:
    """Within the block every dropout layer multiplies by one mask for all rows, drawn from the seeds and its
    place.

    mask ~ Bernoulli(1 - p) / (1 - p) over one row's activations (over its channels for Dropout1d to 3d). The
    module must be in evaluation mode, where dropout itself does nothing.
    """
    with ExitStack() as hooks:
        for place, layer in enumerate(dropouts(module)):
            hooks.callback(layer.register_forward_hook(_Mask(seeds, place)).remove)
        yield


class _Mask:
    """Hook that masks a layer's output (b, ...) alike for each of the b rows."""

    def __init__(self, seeds: list[int], place: int) -> None:
        self._key = [*seeds, place]
        self._calls = 0

    def __call__(self, layer: Any, inputs: Any, output: Any) -> Any:
        import numpy as np
        import torch

        shape = output.shape[1:]
        if not isinstance(layer, torch.nn.Dropout):  # whole channels: (c, 1, ..., 1)
            shape = (shape[0], *([1] * (len(shape) - 1)))
        rng = np.random.default_rng([*self._key, self._calls])  # a layer used twice has two masks
        self._calls += 1
        keep = rng.random(tuple(shape), dtype=np.float32) >= layer.p
        mask = torch.as_tensor(keep / np.float32(max(1 - layer.p, 1e-12)), dtype=output.dtype, device=output.device)
        return output * mask
