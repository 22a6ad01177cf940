"""TorchLearner beyond the contract: seeds, masks, head, weights, shapes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

from askwise.core.errors import BadInput
from askwise.learner import TorchLearner, Training
from askwise.learner.response import softmax

torch = pytest.importorskip("torch")
nn = torch.nn

X, y = load_iris(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
QUICK = Training(epochs=15, lr=0.02)


def net(p=0.3, out=3):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Dropout(p), nn.Linear(10, out))


def fitted(module, seed=0, **settings):
    learner = TorchLearner(module, 3, training=QUICK, **settings)
    learner.fit(X, y, None, seed=seed)
    return learner


def test_learns_and_leaves_the_module_and_the_global_generator_alone():
    module = net()
    before = [p.clone() for p in module.parameters()]
    state = torch.get_rng_state()
    learner = fitted(module)
    probs = learner.evidence(X, frozenset({"probs"}))["probs"]
    assert (probs.argmax(1) == y).mean() > 0.9
    assert all(torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True))
    assert torch.equal(state, torch.get_rng_state())


def test_same_seed_same_model_whatever_the_global_generator_did():
    module = net()
    first = fitted(module).evidence(X, frozenset({"probs"}))["probs"]
    torch.rand(17)
    np.testing.assert_array_equal(fitted(module).evidence(X, frozenset({"probs"}))["probs"], first)
    assert np.abs(fitted(module, seed=1).evidence(X, frozenset({"probs"}))["probs"] - first).max() > 1e-4


def test_head_over_embeddings_gives_probs():
    found = fitted(net()).evidence(X, frozenset({"probs", "embeddings", "head"}))
    assert found["embeddings"].shape == (150, 10) and found["head"].weights.shape == (10, 3)
    again = softmax(found["embeddings"] @ found["head"].weights + found["head"].bias)
    np.testing.assert_allclose(again, found["probs"], atol=1e-5)


def test_a_draw_is_one_model():
    """Every row of a draw sees the same masks: the first row in any company has the same draws, and each draw is a
    deterministic network that drops the same hidden units for all rows."""
    learner = fitted(net(), draws=6)
    names = frozenset({"samples"})
    whole = learner.evidence(X, names)["samples"]
    assert whole.shape == (150, 6, 3)
    np.testing.assert_allclose(learner.evidence(X[::-1].copy(), names)["samples"][::-1], whole, atol=1e-6)
    twice = learner.evidence(np.repeat(X[:1], 5, axis=0), names)["samples"]
    assert np.ptp(twice, axis=0).max() < 1e-6 and whole.std(1).max() > 1e-3


def test_masks_follow_the_rate_and_keep_the_mean():
    from askwise.learner.torch_dropout import shared_masks

    layer = nn.Sequential(nn.Dropout(0.25)).eval()
    ones = torch.ones(2, 40_000)
    with shared_masks(layer, [0, 0]):
        out = layer(ones)
    assert torch.equal(out[0], out[1])
    assert (out == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert out.mean().item() == pytest.approx(1, abs=0.02)
    assert torch.equal(layer(ones), ones)  # the hooks are gone


def test_channel_dropout_drops_whole_channels():
    from askwise.learner.torch_dropout import shared_masks

    layer = nn.Sequential(nn.Dropout2d(0.5)).eval()
    with shared_masks(layer, [1, 2]):
        out = layer(torch.ones(3, 16, 4, 4))
    per_channel = out.flatten(2)
    assert torch.equal(per_channel.amin(2), per_channel.amax(2))
    assert 0 < (per_channel[0, :, 0] == 0).sum() < 16


def test_convolution_with_batch_norm():
    torch.manual_seed(0)
    images = np.random.default_rng(0).random((33, 1, 6, 6)).astype(np.float32)
    labels = (images.mean((1, 2, 3)) > 0.5).astype(int)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2))
    learner = TorchLearner(module, 2, training=Training(epochs=2, batch_size=16))
    learner.fit(images, labels, None, seed=0)
    found = learner.evidence(images, learner.provides)
    assert found["embeddings"].shape == (33, 64) and learner.provides == {"probs", "embeddings", "head"}


def test_weights_of_zero_leave_rows_out():
    weights = np.where(y == 2, 0.0, 1.0)
    learner = TorchLearner(net(0), 3, training=QUICK)
    learner.fit(X, y, weights, seed=0)
    assert (learner.evidence(X, frozenset({"probs"}))["probs"].argmax(1) != 2).all()


def test_texts_by_a_function_of_the_callers():
    class Bag(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.EmbeddingBag(256, 8)
            self.out = nn.Linear(8, 2)

        def forward(self, codes):
            return self.out(self.table(codes))

    def codes(texts):
        return torch.tensor([[ord(c) for c in t[:4].ljust(4)] for t in texts])

    torch.manual_seed(0)
    learner = TorchLearner(Bag(), 2, training=Training(epochs=30, lr=0.05), to_tensor=codes)
    texts = ["aaaa", "abab", "zzzz", "zyzy"] * 4
    learner.fit(texts, np.array([0, 0, 1, 1] * 4), None, seed=0)
    assert learner.evidence(["aaba", "zzyz"], frozenset({"probs"}))["probs"].argmax(1).tolist() == [0, 1]
    with pytest.raises(BadInput, match="rows are list; give TorchLearner"):
        TorchLearner(Bag(), 2).fit(texts, np.array([0, 0, 1, 1] * 4), None, seed=0)


def test_wrong_outputs_are_quoted():
    with pytest.raises(
        BadInput, match=r"the module gives \(32, 5\) for 32 rows; it must give logits of shape \(32, 3\)"
    ):
        fitted(net(out=5))
    assert TorchLearner(net(out=5), 3).provides == {"probs", "samples"}
    assert TorchLearner(net(0), 3).provides == {"probs", "embeddings", "head"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_the_gpu():
    module = net()
    on_gpu, on_cpu = fitted(module, device="cuda"), fitted(module)
    names = on_cpu.provides
    found, wanted = on_gpu.evidence(X, names), on_cpu.evidence(X, names)
    assert (found["probs"].argmax(1) == wanted["probs"].argmax(1)).mean() > 0.95
    np.testing.assert_array_equal(
        fitted(module, device="cuda").evidence(X, names)["probs"].argmax(1), found["probs"].argmax(1)
    )
