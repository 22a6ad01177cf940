"""Rows that may be asked again: what their answers so far and the model leave open."""

from __future__ import annotations

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.consensus import Trust, quality, settledness, stack
from askwise.kernels.information import check_not_negative, double
from askwise.kernels.rows import entropy

_ACTIVE_LAB = (
    "Goh and Mueller 2023, ActiveLab: Active Learning with Re-Labeling by Multiple Annotators, ICLR TRAIT workshop,"
    " section 3"
)


@score(cite=_ACTIVE_LAB)
def active_lab(probs: Array, answer_sums: Array, trust: Trust) -> Array:
    """Minus how settled a row would be after one more answer that says nothing: (m, c), (m, c), trust -> (m,) <= 0.

    -(Q (sum_j w_j + w_M) + w/c) / (sum_j w_j + w_M + w): Q is the posterior of the consensus by CROWDLAB (the largest
    probability for a row without answers), w_j the weights of its annotators, w_M the model's, w an annotator's mean.
    `answer_sums` and `trust` come from `askwise.crowd.crowdlab`; rows with and without answers are ranked together.
    `probs` must be out-of-sample for answered rows. Cost O(mc). Shines with noisy annotators, where a second answer
    may be worth more than a new row. Fails with good ones, where it spends on what is settled, and with
    probabilities of a model that was trained on these very answers.

    Raises BadInput if trust was estimated for several models.

    >>> import numpy as np
    >>> trust = Trust(0.8, (1.0,), 0.5, (1.0,))
    >>> active_lab(np.array([[0.6, 0.4]] * 2), np.array([[0.0, 0.0], [0.5, 0.0]]), trust).round(4)
    array([-0.5667, -0.625 ])
    """
    return -settledness([probs], _checked(answer_sums), trust)


@score(cite=f"{_ACTIVE_LAB} (ensemble form: appendix)")
def active_lab_ensemble(samples: Array, answer_sums: Array, trust: Trust) -> Array:
    """ActiveLab with k models, each with its own weight and temperature: (m, k, c), (m, c), trust -> (m,) <= 0.

    As `active_lab` with sum_k w_k p_k in place of w_M p_M; a row without answers has the likeliest class of the
    weighted mean as consensus. `trust` comes from `crowdlab` on the same models, in their order. Cost O(mkc). Shines
    where no one model can be trusted. Fails if all models make the same mistakes: their weights add up.

    Raises BadInput unless trust was estimated for k models.

    >>> import numpy as np
    >>> trust = Trust(0.8, (1.0, 0.5), 0.5, (1.0, 1.0))
    >>> active_lab_ensemble(np.array([[[0.6, 0.4], [0.9, 0.1]]]), np.zeros((1, 2)), trust).round(4)
    array([-0.65])
    """
    return -settledness(stack(samples), _checked(answer_sums), trust)


@score(
    cite="Goh, Tkachenko and Mueller 2022, CROWDLAB: Supervised Learning to Infer Consensus Labels and Quality Scores"
    " for Data with Multiple Annotators, NeurIPS HCML workshop, section 3"
)
def consensus_doubt(probs: Array, answer_sums: Array, trust: Trust) -> Array:
    """One minus the posterior of the consensus label, by CROWDLAB: (m, c), (m, c), trust -> (m,) in [0, 1].

    Evidence as for `active_lab`. Cost O(mc). Shines for cleaning labels: of the rows answered, which label is most
    likely wrong. Fails as a way to spend answers: rows that nobody can tell stay on top however often they are
    asked; active_lab discounts what has many answers.

    Raises BadInput if trust was estimated for several models.

    >>> import numpy as np
    >>> trust = Trust(0.8, (1.0,), 0.5, (1.0,))
    >>> consensus_doubt(np.array([[0.6, 0.4]] * 2), np.array([[0.0, 0.0], [0.5, 0.0]]), trust).round(4)
    array([0.4   , 0.3333])
    """
    return 1.0 - quality([probs], _checked(answer_sums), trust)


@score(cite="Sheng, Provost and Ipeirotis 2008, Get Another Label?, KDD, section 5.2 (label uncertainty by entropy)")
def answer_entropy(answer_sums: Array) -> Array:
    """Entropy in nats of the shares of a row's answers: (m, c) -> (m,) in [0, log c].

    One answer's worth is spread over all classes: shares = (sums + 1/c) / (total + 1). A row without answers has
    log c, one with many that agree little. Counts or weighted counts. Cost O(mc). Shines without a model. Fails where
    rows are ambiguous by nature: it asks them for ever; active_lab lets a model speak.

    Raises BadInput for a negative sum.

    >>> import numpy as np
    >>> answer_entropy(np.array([[0.0, 0.0], [1.0, 1.0], [3.0, 0.0]])).round(4)
    array([0.6931, 0.6931, 0.3768])
    """
    sums = double(_checked(answer_sums))
    xp = namespace(sums)
    c = int(sums.shape[1])
    return entropy((sums + 1.0 / c) / (xp.sum(sums, axis=1, keepdims=True) + 1.0))


def _checked(answer_sums: Array) -> Array:
    if len(answer_sums.shape) != 2:
        raise BadInput(f"answer_sums has shape {tuple(answer_sums.shape)}; give (m, c) as crowdlab(...).sums has it")
    check_not_negative("answer_sums", answer_sums)
    return answer_sums
