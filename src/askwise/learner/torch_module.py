"""A torch.nn.Module classifier as a learner, unwrapped."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.learner.head import Head
from askwise.learner.rows import check_names, checked_labels, checked_weights
from askwise.learner.torch_dropout import dropouts, shared_masks


@dataclass(frozen=True)
class Training:
    """How a module is trained: AdamW on the weighted cross-entropy, rows reshuffled every epoch."""

    epochs: int = 50
    batch_size: int = 32
    lr: float = 1e-3
    weight_decay: float = 1e-2


class TorchLearner:
    """A module that maps a batch of rows to logits (b, c). Each fit starts from a copy of the module as it
    was given.

    `provides`: ``probs``; ``embeddings`` (input of the last nn.Linear) and ``head`` when that layer gives the
    logits; ``samples`` (m, draws, c) by Monte Carlo dropout when the module has dropout: in draw j every row
    sees the same masks, so a draw is one model (Gal and Ghahramani, Dropout as a Bayesian Approximation, ICML
    2016, with the consistent masks of Kirsch et al., BatchBALD, NeurIPS 2019). torch's global generator is
    left as it was.

    `to_tensor` turns rows into what the module takes; the default takes arrays and tensors of numbers.
    """

    def __init__(
        self,
        module: Any,
        n_classes: int,
        *,
        training: Training | None = None,
        device: str = "cpu",
        draws: int = 20,
        to_tensor: Callable[[Rows], Any] | None = None,
    ) -> None:
        self.n_classes = n_classes
        self.training = training or Training()
        self.device = device
        self.draws = draws
        self._initial = copy.deepcopy(module).to("cpu")
        self._to_tensor = to_tensor or _tensor
        self._module: Any = None
        self._seed = 0
        offers = {"probs"} | ({"samples"} if dropouts(module) else set())
        self.provides = frozenset(offers | ({"embeddings", "head"} if self._last(module) is not None else set()))

    def fit(self, rows: Rows, labels: IntArray, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train from the initial state; the result depends on the arguments only (exactly on CPU)."""
        import torch

        labels = checked_labels(rows, labels, self.n_classes)
        weights = checked_weights(rows, weights)
        self._seed = seed % 2**32
        with self._own_randomness():
            module = copy.deepcopy(self._initial).to(self.device)
            y = torch.as_tensor(labels, device=self.device)
            scale = np.ones(labels.size) if weights is None else weights / weights.mean()
            w = torch.as_tensor(scale, dtype=torch.float32, device=self.device)
            self._train(module, self._to_tensor(rows).to(self.device), y, w)
        self._module = module.eval()

    def _train(self, module: Any, x: Any, y: Any, w: Any) -> None:
        import torch

        how = self.training
        optimizer = torch.optim.AdamW(module.parameters(), lr=how.lr, weight_decay=how.weight_decay)
        order = torch.Generator().manual_seed(self._seed)
        module.train()
        for _ in range(how.epochs):
            for batch in torch.randperm(len(y), generator=order).split(how.batch_size):
                if len(batch) == 1 < min(how.batch_size, len(y)):
                    # batch normalisation cannot train on a single row; the next shuffle brings it back
                    continue
                at = batch.to(self.device)
                loss = torch.nn.functional.cross_entropy(self._logits(module, x[at]), y[at], reduction="none")
                optimizer.zero_grad()
                (loss * w[at]).mean().backward()
                optimizer.step()

    def _logits(self, module: Any, x: Any) -> Any:
        logits = module(x)
        if logits.ndim != 2 or logits.shape[1] != self.n_classes:
            raise BadInput(
                f"the module gives {tuple(logits.shape)} for {len(x)} rows; it must give logits of shape "
                f"({len(x)}, {self.n_classes})"
            )
        return logits

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Evidence by name as NumPy arrays: one pass for all, and one more per draw for ``samples``."""
        import torch

        check_names(names, self.provides, type(self._initial).__name__)
        if self._module is None:
            raise BadInput("the module has not been fitted; call fit(rows, labels, weights, seed=...) first")
        out: dict[str, Array] = {}
        with torch.no_grad():
            if names - {"head"}:
                x = self._to_tensor(rows)
                parts = [self._pass(part, names) for part in x.split(max(self.training.batch_size, 1024))]
                out = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
            if "head" in names:
                out["head"] = self._head()
        return out

    def _pass(self, x: Any, names: frozenset[str]) -> dict[str, Array]:
        x = x.to(self.device)
        out: dict[str, Array] = {}
        if names & {"probs", "embeddings"}:
            with _inputs_of(self._last(self._module)) as seen:
                probs = self._logits(self._module, x).softmax(1)
            out = {"probs": _host(probs)} if "probs" in names else {}
            if "embeddings" in names:
                out["embeddings"] = _host(seen[-1])
        if "samples" in names:
            draws = [self._draw(x, j) for j in range(self.draws)]
            out["samples"] = np.stack(draws, axis=1)
        return out

    def _draw(self, x: Any, j: int) -> FloatArray:
        with shared_masks(self._module, [self._seed, j]):
            return _host(self._logits(self._module, x).softmax(1))

    def _last(self, module: Any) -> Any:
        """The last nn.Linear, when it gives the logits; None otherwise."""
        import torch

        layers = [layer for layer in module.modules() if isinstance(layer, torch.nn.Linear)]
        return layers[-1] if layers and layers[-1].out_features == self.n_classes else None

    def _head(self) -> Head:
        layer = self._last(self._module)
        bias = np.zeros(self.n_classes) if layer.bias is None else _host(layer.bias)
        return Head(_host(layer.weight).T, bias, self.training.weight_decay)

    @contextmanager
    def _own_randomness(self) -> Iterator[None]:
        import torch

        cuda = [torch.device(self.device)] if str(self.device).startswith("cuda") else []
        with torch.random.fork_rng(devices=cuda):
            torch.manual_seed(self._seed)
            yield


@contextmanager
def _inputs_of(layer: Any) -> Iterator[list[Any]]:
    """Collect what goes into a layer during the block."""
    seen: list[Any] = []
    if layer is None:
        yield seen
        return
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        yield seen
    finally:
        hook.remove()


def _host(tensor: Any) -> FloatArray:
    array: FloatArray = tensor.detach().float().cpu().numpy()
    return array


def _tensor(rows: Rows) -> Any:
    """Numbers as a tensor: floats to float32, whole numbers stay (an embedding layer takes those)."""
    import torch

    if isinstance(rows, torch.Tensor):
        return rows
    if isinstance(rows, list) or not hasattr(rows, "shape"):
        raise BadInput(
            f"rows are {type(rows).__name__}; give TorchLearner(to_tensor=...) that turns them into a tensor"
        )
    array = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
    if array.dtype.kind not in "fiub":
        raise BadInput(f"rows are {array.dtype}; give TorchLearner(to_tensor=...) that turns them into a tensor")
    tensor = torch.as_tensor(np.ascontiguousarray(array))
    return tensor.float() if tensor.is_floating_point() else tensor
