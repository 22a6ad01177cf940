"""kMQ with iterative refinement: more of the batch for clusters in which the model is still wrong."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import float32, host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.cluster import k_means

_FLOOR = 1e-12


@pick(
    cite="Yu et al. 2024, Diversify and Conquer: Diversity-Centric Data Selection with Iterative Refinement, arXiv"
    " 2409.11378, section 2"
)
def kmq(
    embeddings: Array,
    labelled_embeddings: Array | None = None,
    labelled_probs: Array | None = None,
    labels: Array | None = None,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    clusters: int = 20,
    temperature: float = 1.0,
) -> IntArray:
    """Random rows of clusters drawn by their loss: (m, d), (l, d), (l, c), (l,) -> (n,) positions, in the order drawn.

    k-means cuts candidates and labelled rows into `clusters`. Each slot of the batch draws a cluster with probability
    proportional to exp(loss / `temperature`), the mean log loss of its labelled rows (a cluster without any has the
    mean over all), and takes a random row of it. Without labels or predictions the weights are the sizes. The paper's
    loss is a gap of rewards between a reference answer and the model's; any loss known by cluster will do. Losses
    should be of a model that did not train on these rows, else they only say where it fits badly. Cost O(m k d) for
    each pass of k-means. Shines over several rounds on pools of many kinds, each in a cluster. Fails when clusters are
    noise: then it is a random draw.

    Raises BadInput for fewer than one cluster or a temperature that is not positive.

    >>> import numpy as np
    >>> rows, held = np.array([[0.0], [0.1], [9.0], [9.1]]), np.array([[0.2], [9.2]])
    >>> p = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> sorted(kmq(rows, held, p, np.array([0.0, 0.0]), n=2, rng=0, clusters=2).tolist())
    [2, 3]
    """
    if clusters < 1 or not temperature > 0:
        raise BadInput(f"kmq: clusters={clusters} and temperature={temperature} must be positive; by default 20 and 1")
    rows = float32(embeddings)
    m = len(rows)
    known = (
        labels is not None and labelled_embeddings is not None and labelled_probs is not None and len(host(labels)) > 0
    )
    everything = np.concatenate([rows, float32(labelled_embeddings)]) if known else rows
    owner = k_means(everything, clusters, rng.generator("kmq"))[1]
    if known:
        losses = _mean_loss(owner[m:], host(labelled_probs, np.float64), host(labels).astype(np.int64), clusters)
        weights = np.exp((losses - losses.max()) / temperature)
    else:
        weights = np.bincount(owner, minlength=clusters).astype(np.float64)
    return _draw(owner[:m], weights, n, rng)


def _mean_loss(owner: IntArray, probs: FloatArray, labels: IntArray, k: int) -> FloatArray:
    """Mean log loss (k,) of the labelled rows of each cluster; of one without any, the mean over all."""
    loss = -np.log(np.maximum(probs[np.arange(len(labels)), labels], _FLOOR))
    counts = np.bincount(owner, minlength=k)
    sums = np.bincount(owner, weights=loss, minlength=k)
    return np.where(counts > 0, sums / np.maximum(counts, 1), loss.mean())


def _draw(owner: IntArray, weights: FloatArray, n: int, rng: Noise) -> IntArray:
    """A cluster by weight, then its next row in random order; clusters without rows are not drawn."""
    generator = rng.generator("kmq/slots")
    order = np.argsort(rng.bits("kmq"))
    queues = [order[owner[order] == c].tolist() for c in range(len(weights))]
    chosen: list[int] = []
    while len(chosen) < n:
        odds = np.where([len(queue) > 0 for queue in queues], np.maximum(weights, 1e-300), 0.0)
        c = int(generator.choice(len(odds), p=odds / odds.sum()))
        chosen.append(queues[c].pop())
    return np.asarray(chosen, dtype=np.int64)
