"""scikit-activeml 1.0.1."""

from __future__ import annotations

import numpy as np
from benchmarks.peers.cases.common import Bug, counted, of, pick, taken
from benchmarks.peers.compare import Case, Ours
from benchmarks.peers.inputs import PLAIN, World

import askwise as aw
from askwise.core.evidence import Taken
from askwise.kernels.average_precision import expected_without_each
from askwise.kernels.cost_embedding import cost_embedding
from askwise.kernels.gradient import Gradients
from askwise.kernels.parzen import class_counts
from askwise.learner.head import Head
from askwise.pick.falcun import relevance

_BESIDE = pick(aw.pick.k_center, "embeddings", labelled="labelled_embeddings")


def _badge_counts(world: World) -> np.ndarray:
    """How often each row is our second pick."""
    args = world["probs"], world["embeddings"]
    return counted(lambda seed: int(aw.pick.badge(*args, n=2, rng=seed)[1]), len(args[0]))


def _badge_with_origin(world: World) -> np.ndarray:
    """The law of the second pick if the origin were a centre as well."""
    grads = Gradients.of(world["probs"], world["embeddings"])
    first = int(np.argmax(grads.squares))
    capped = np.minimum(grads.to(grads.take(slice(first, first + 1)))[:, 0], grads.squares)
    return np.asarray(capped / capped.sum())


def _falcun_first(world: World) -> np.ndarray:
    return counted(lambda seed: int(aw.pick.falcun(world["probs"], n=1, rng=seed)[0]), len(world["probs"]))


def _unsure(world: World) -> np.ndarray:
    return np.asarray(1.0 + aw.score.margin(world["probs"]))


def _falcun_second(over_all: bool) -> Ours:
    """The law of the second pick after their first, distances scaled over the rows left or over all rows."""

    def run(world: World) -> np.ndarray:
        first, probs, unsure = int(world["theirs"][-1]), world["probs"], _unsure(world)
        near = np.minimum(unsure, np.abs(probs - probs[first]).sum(axis=1))
        left = np.arange(len(probs)) != first
        if over_all:
            near = (near - near.min()) / np.ptp(near)
            weights = np.where(left, (near + unsure) ** 10, 0.0)
            return np.append(weights / weights.sum(), first)
        law = np.zeros(len(probs))
        law[left] = relevance(near[left], unsure[left], 10.0)
        return np.append(law, first)

    return run


def _mcpal(horizon: int) -> Ours:
    def run(world: World) -> np.ndarray:
        return np.asarray(aw.score.mcpal(_counts(world), world["density"], horizon=horizon))

    return run


def _counts(world: World, labels: str = "labels", classes: int = 3) -> np.ndarray:
    return np.asarray(class_counts(world["embeddings"], world["labelled_embeddings"], world[labels], classes))


def _eer(loss: str) -> Ours:
    def run(world: World) -> np.ndarray:
        found = aw.score.expected_error_reduction(
            world["embeddings"],
            _counts(world),
            world["target_embeddings"],
            world["labelled_embeddings"],
            world["labels"],
            loss=loss,
        )
        return np.asarray(found * len(world["target_embeddings"]))

    return run


def _after(first: Ours) -> Ours:
    """k-center after a given first row."""

    def run(world: World) -> np.ndarray:
        rows, at = world["embeddings"], int(first(world))
        known = Taken({"embeddings": rows[[at]]}, np.array([False]))
        return np.append(at, aw.pick.k_center(rows, n=3, rng=0, taken=known))

    return run


def _medoid(world: World) -> np.ndarray:
    """The row with the least sum of distances."""
    rows = world["embeddings"]
    return np.asarray(np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(axis=2)).sum(axis=0).argmin())


def _missed(picks: np.ndarray, world: World, radius: float) -> np.ndarray:
    """How many rows fewer each pick covers than the best row left: zero for a greedy choice, whatever the ties."""
    rows = np.concatenate([world["embeddings"], world["labelled_embeddings"]])
    near = ((rows[:, None] - rows[None]) ** 2).sum(axis=2) < radius**2
    m = len(world["embeddings"])
    done, out = near[m:].any(axis=0), []
    for row in picks.astype(int):
        gains = (near & ~done).sum(axis=1)
        out.append(gains[:m].max() - gains[row])
        done = done | near[row]
    return np.array(out)


def _cover(world: World, radius: float | None) -> np.ndarray:
    known = taken(world, embeddings="labelled_embeddings")
    return np.asarray(aw.pick.prob_cover(world["embeddings"], n=4, rng=0, taken=known, delta=radius, classes=3))


def _quire(labels: str) -> Ours:
    def run(world: World) -> np.ndarray:
        return np.asarray(aw.score.quire(world["embeddings"], world["labelled_embeddings"], world[labels]))

    return run


def _quire_worst_problem(world: World) -> np.ndarray:
    """Minus the worst of the one-against-rest problems with the row in that class, labelled rows' part included."""
    rows, held, labels = world["embeddings"], world["labelled_embeddings"], world["labels"]
    gamma = float(world["gamma"])
    inverse = np.linalg.inv(np.exp(-gamma * ((held[:, None] - held[None]) ** 2).sum(axis=2)) + np.eye(len(held)))
    near = np.exp(-gamma * ((rows[:, None] - held[None]) ** 2).sum(axis=2))
    signs = np.where(labels[:, None] == np.arange(3), 1.0, -1.0)
    mean, variance = near @ inverse @ signs, 2.0 - ((near @ inverse) * near).sum(axis=1)
    known = (signs * (inverse @ signs)).sum(axis=0)
    return np.asarray(-(known + (1.0 - mean) ** 2 / variance[:, None]).max(axis=1))


def _herded(normalised: bool) -> Ours:
    def run(world: World) -> np.ndarray:
        rows, held = world["embeddings"], world["labelled_embeddings"]
        if normalised:
            rows, held = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (rows, held))
        known = Taken({"embeddings": held}, np.zeros(len(held), dtype=bool))
        return np.asarray(aw.pick.facility_location(rows, n=4, rng=0, taken=known, bandwidth=1.0))

    return run


def _flips(world: World) -> np.ndarray:
    """Share of 3000 dropout passes that change the prediction of a head without bias."""
    head = Head(world["head_weights"], np.zeros(3))
    return np.asarray(aw.score.dropout_flips(world["embeddings"], head, passes=3000))


def _average_precision(world: World) -> np.ndarray:
    """The value of each of the first 30 rows: the expected average precision of the others, summed over classes."""
    return np.sum([expected_without_each(column) for column in world["probs"][:30].T], axis=0)


def _average_precision_of_theirs(world: World) -> np.ndarray:
    """The recursion over ranks, begun with a precision of 1, and no chance that the first ranks are all misses."""
    total = np.zeros(30)
    for column in world["probs"][:30].T:
        for row in range(30):
            chances = np.sort(np.delete(column, row))[::-1]
            counts, precision = np.zeros(31), np.zeros(31)
            counts[0] = precision[0] = 1.0
            for rank, p in enumerate(chances, start=1):
                t = np.arange(1, 31)
                precision[1:] = p * precision[:-1] + p * t * counts[:-1] / rank + (1 - p) * precision[1:]
                counts[1:] = p * counts[:-1] + (1 - p) * counts[1:]
                counts[0] = precision[0] = 0.0
            total[row] += (precision[1:] / np.arange(1, 31)).sum()
    return total


def _saved_by_chance(world: World) -> np.ndarray:
    """Fall of sum_ij p_i p_j C_ij over the pool, the row itself included: decisions drawn by their chances."""
    rows, matrix, gamma = world["embeddings"], world["cost_matrix"], float(world["gamma"])
    counts = _counts(world) + 0.001
    near = np.exp(-gamma * ((rows[:, None] - rows[None]) ** 2).sum(axis=2))

    def risk(weights: np.ndarray) -> np.ndarray:
        p = weights / weights.sum(axis=-1, keepdims=True)
        return np.einsum("...i,ij,...j->...", p, matrix, p).mean(axis=-1)

    after = [risk(counts[None] + near[:, :, None] * np.eye(3)[y]) for y in range(3)]
    chances = counts / counts.sum(axis=1, keepdims=True)
    return np.asarray(risk(counts) - (chances * np.stack(after, axis=1)).sum(axis=1))


def _saved(world: World) -> np.ndarray:
    held = world["labelled_embeddings"], world["labels"]
    settings = {"cost_matrix": world["cost_matrix"]}
    found = aw.score.value_of_information(world["embeddings"], _counts(world), world["embeddings"], *held, **settings)
    return np.asarray(found)


def _ridge_points(world: World) -> np.ndarray:
    """Distance to the nearest decision of the class point that a ridge regression predicts."""
    from sklearn.linear_model import Ridge

    truth, decision = cost_embedding(1.0 - np.eye(3))
    points = Ridge().fit(world["labelled_embeddings"], truth[world["labels"]]).predict(world["embeddings"])
    return _per_mean(np.sqrt(((points[:, None] - decision[None]) ** 2).sum(axis=2)).min(axis=1))


def _alce(world: World) -> np.ndarray:
    return _per_mean(aw.score.alce(world["embeddings"], world["labelled_embeddings"], world["labels"]))


def _per_mean(scores: np.ndarray) -> np.ndarray:
    return np.asarray(scores / scores.mean())


def _kl_at_the_mean(world: World) -> np.ndarray:
    """Sum over the pool of the divergence of predictions after an answer equal to its prediction, noise left out."""
    rows, held = (np.hstack([x, np.ones((len(x), 1))]) for x in (world["embeddings"], world["labelled_embeddings"]))
    covariance = np.linalg.inv(np.eye(rows.shape[1]) + held.T @ held / 0.5)
    before = rows @ covariance @ rows.T
    old = np.diag(before)
    new = old[None] - before**2 / (old[:, None] + 0.5)
    return np.asarray((0.5 * np.log(old[None] / new) + new / (2.0 * old[None]) - 0.5).sum(axis=1))


CASES = [
    Case("least_confidence", "UncertaintySampling(least_confident)", "scores", of(aw.score.least_confidence, "probs")),
    Case(
        "margin",
        "UncertaintySampling(margin_sampling)",
        "scores",
        of(aw.score.margin, "probs", shift=1.0),
        note="theirs is 1 + ours",
    ),
    Case("entropy", "UncertaintySampling(entropy)", "scores", of(aw.score.entropy, "probs")),
    Case(
        "expected_cost",
        "UncertaintySampling(least_confident, cost_matrix)",
        "scores",
        lambda w: np.asarray(aw.score.expected_cost(w["probs"], cost_matrix=w["cost_matrix"])),
    ),
    Case(
        "cost_margin",
        "UncertaintySampling(margin_sampling, cost_matrix)",
        "scores",
        lambda w: np.asarray(aw.score.cost_margin(w["probs"], cost_matrix=w["cost_matrix"])),
    ),
    Case("bald", "QueryByCommittee(KL_divergence)", "scores", of(aw.score.bald, "samples"), worlds=PLAIN),
    Case("vote_entropy", "QueryByCommittee(vote_entropy)", "scores", of(aw.score.vote_entropy, "votes")),
    Case("variation_ratio", "QueryByCommittee(variation_ratios)", "scores", of(aw.score.variation_ratio, "votes")),
    Case("predictive_std", "QueryByCommittee, regression", "scores", of(aw.score.predictive_std, "std")),
    Case(
        "bald",
        "GreedyBALD",
        "scores",
        of(aw.score.bald, "samples"),
        worlds=PLAIN,
        note="with probabilities of 0 theirs is off by 1e-6: they are raised to 1e-7",
    ),
    Case(
        "batch_bald",
        "BatchBALD(n_MC_samples=10000)",
        "picks",
        pick(aw.pick.batch_bald, "samples", configurations=10_000),
        worlds=PLAIN,
    ),
    Case("k_center", "CoreSet", "picks", _BESIDE, worlds=PLAIN),
    Case(
        "k_center",
        "CoreSet, nothing labelled",
        "picks",
        pick(aw.pick.k_center, "embeddings"),
        reason="their default: the first row is drawn at random; ours is the row nearest to the mean",
        shown=_after(lambda world: world["theirs"][0]),
        worlds=PLAIN,
    ),
    Case("k_center", "GreedySamplingX", "picks", _BESIDE, worlds=PLAIN, note="gsx is an alias of k_center"),
    Case(
        "k_center",
        "GreedySamplingX, nothing labelled",
        "picks",
        pick(aw.pick.k_center, "embeddings"),
        reason="their default: the first row has the least sum of distances (m x m); ours is nearest to the mean",
        shown=_after(_medoid),
        worlds=PLAIN,
    ),
    Case(
        "gsy",
        "GreedySamplingTarget(GSy)",
        "picks",
        lambda w: aw.pick.gsy(w["mean"], w["values"], n=4, rng=0),
        worlds=PLAIN,
    ),
    Case(
        "gsi",
        "GreedySamplingTarget(GSi)",
        "picks",
        lambda w: aw.pick.gsi(w["embeddings"], w["mean"], w["labelled_embeddings"], w["values"], n=4, rng=0),
        worlds=PLAIN,
    ),
    Case(
        "typiclust",
        "TypiClust(k=5)",
        "picks",
        pick(aw.pick.typiclust, "blobs", labelled="blobs_labelled", n=5, neighbours=5),
        worlds=PLAIN,
        note="on clusters that k-means cannot miss; their default is 5 neighbours, ours the paper's 20",
    ),
    Case(
        "prob_cover",
        "ProbCover(deltas=[2.5])",
        "picks",
        lambda w: _missed(_cover(w, 2.5), w, 2.5),
        of_theirs=lambda w: _missed(w["theirs"], w, 2.5),
        worlds=PLAIN,
        note="ties at random: each pick must cover as many rows as any other would",
    ),
    Case(
        "prob_cover",
        "ProbCover()",
        "picks",
        lambda w: _missed(_cover(w, None), w, float(w["theirs"][-1])),
        of_theirs=lambda w: _missed(w["theirs"][:-1], w, float(w["theirs"][-1])),
        reason="their default: the last radius of a grid before purity falls below .95; ours is the quantile itself",
        shown=lambda w: _missed(_cover(w, float(w["theirs"][-1])), w, float(w["theirs"][-1])),
        worlds=PLAIN,
        note="each pick must cover as many rows as any other would, within their radius",
    ),
    Case("badge", "Badge, first pick", "picks", pick(aw.pick.badge, "probs", "embeddings", n=1), worlds=PLAIN),
    Case(
        "badge",
        "Badge, law of the second pick",
        "law",
        _badge_counts,
        reason="their bug: the origin stays a centre, so that no squared distance is larger than the row's own length",
        shown=_badge_with_origin,
        worlds=PLAIN,
    ),
    Case(
        "contrastive",
        "ContrastiveAL(n_neighbors=10)",
        "scores",
        of(aw.score.contrastive, "probs", "embeddings", "labelled_embeddings", "labelled_probs"),
        worlds=PLAIN,
    ),
    Case("clue", "Clue", "set", pick(aw.pick.clue, "probs", "blobs", n=6), worlds=PLAIN),
    Case(
        "dropout_flips",
        "DropQuery",
        "scores",
        _flips,
        rtol=0.06,
        atol=0.03,
        note="share of 3000 passes that flip the prediction, each side with its own masks, within sampling error",
    ),
    Case("falcun", "Falcun, law of the first pick", "law", _falcun_first, worlds=PLAIN),
    Case(
        "falcun",
        "Falcun, law of the second pick",
        "scores",
        _falcun_second(over_all=False),
        reason="their default: distances are scaled over all rows, the picked one with its 0 among them; ours over the"
        " rows left",
        shown=_falcun_second(over_all=True),
        worlds=PLAIN,
    ),
    Case(
        "facility_location",
        "MaxHerding",
        "picks",
        _herded(False),
        reason="their default: rows are brought to length one first; ours takes them as they are",
        shown=_herded(True),
        worlds=PLAIN,
        note="both with a Gaussian kernel of width 1; max_herding is an alias of facility_location",
    ),
    Case("mcpal", "ProbabilisticAL(m_max=1)", "scores", _mcpal(1), worlds=PLAIN),
    Case("mcpal", "ProbabilisticAL(m_max=2)", "scores", _mcpal(2), worlds=PLAIN),
    Case(
        "epistemic",
        "EpistemicUncertaintySampling",
        "scores",
        lambda w: np.asarray(aw.score.epistemic(_counts(w, "binary_labels", 2))),
        rtol=1e-4,
        note="theirs by a bounded search that ends at 1e-5",
    ),
    Case(
        "expected_error_reduction",
        "MonteCarloEER(misclassification_loss)",
        "scores",
        _eer("zero_one"),
        note="theirs is the sum over targets",
    ),
    Case(
        "expected_error_reduction",
        "MonteCarloEER(log_loss)",
        "scores",
        _eer("log"),
        note="theirs is the sum over targets",
    ),
    Case(
        "expected_average_precision",
        "expected_average_precision",
        "scores",
        _average_precision,
        reason="their bug: the recursion begins with a precision of 1 in place of 0 and takes the chance that the first"
        " ranks are all misses to be 0; by enumeration of all outcomes ours is right",
        shown=_average_precision_of_theirs,
        note="the value of each of the first 30 rows, summed over classes",
    ),
    Case(
        "value_of_information",
        "ValueOfInformationEER",
        "scores",
        _saved,
        reason="their default: decisions are drawn by their chances (sum p_i p_j C_ij); ours are the cheapest",
        shown=_saved_by_chance,
        worlds=PLAIN,
        note="over the pool, without the labelled rows' part",
    ),
    Case(
        "quire",
        "Quire, two classes",
        "order",
        _quire("binary_labels"),
        worlds=PLAIN,
        note="ours leaves out what is the same for all rows",
    ),
    Case(
        "quire",
        "Quire, three classes",
        "order",
        _quire("labels"),
        reason="their default: the worst of the one-against-rest problems; ours sums them",
        shown=_quire_worst_problem,
        worlds=PLAIN,
    ),
    Case(
        "discriminative",
        "DiscriminativeAL",
        "picks",
        pick(aw.pick.discriminative, "embeddings", labelled="labelled_embeddings", batches=4),
        worlds=PLAIN,
    ),
    Case(
        "alce",
        "CostEmbeddingAL",
        "scores",
        _alce,
        reason="their default: the regression is the caller's (here a ridge), and the points are found by SMACOF from a"
        " random start, up to a scale; ours is a kernel ridge and points at the distances of the costs",
        shown=_ridge_points,
        of_theirs=lambda w: _per_mean(w["theirs"]),
        rtol=2e-2,
        worlds=PLAIN,
    ),
    Case(
        "emcm",
        "ExpectedModelChangeMaximization",
        "scores",
        lambda w: np.asarray(aw.score.emcm(w["theirs"][4], w["theirs"][1:4].T, w["embeddings"], bias=False)),
        of_theirs=lambda w: w["theirs"][0],
        worlds=PLAIN,
        note="on the predictions of the learners that they drew",
    ),
    Case(
        "variance_reduction",
        "ExpectedModelVarianceReduction",
        "scores",
        of(aw.score.variance_reduction, "embeddings", "target_embeddings", "labelled_embeddings", noise=0.5),
        worlds=PLAIN,
    ),
    Case(
        "gaussian_epig",
        "KLDivergenceMaximization",
        "scores",
        of(aw.score.gaussian_epig, "embeddings", "target_embeddings", "labelled_embeddings", noise=0.5),
        reason="their default: the answer is taken to be the prediction, so that the mean does not move, and noise is"
        " left out; ours is the expectation over answers, in closed form",
        shown=_kl_at_the_mean,
        worlds=PLAIN,
    ),
]

BUGS = [
    Bug(
        "typiclust_repeated_rows",
        "`TypiClust` returns a row twice when rows repeat, or fails",
        given="two distinct rows, three times each; a batch of 5",
        shows=lambda said: said.dtype.kind == "U" or len(np.unique(said)) < 5,
        ours="five distinct rows",
    ),
    Bug(
        "prob_cover_candidates",
        "`ProbCover` takes every row that is no candidate for labelled: their balls count as covered",
        given="50 rows within one ball, none labelled, one of them offered as candidate",
        shows=lambda said: float(said) == 0.0,
        ours="the candidate covers 50 rows",
    ),
    Bug(
        "quire_candidates",
        "`Quire` gives a row another score when fewer candidates are offered: positions are mixed up",
        given="20 rows, 5 labelled; row 10 scored among all and alone",
        shows=lambda said: said.dtype.kind == "U" or abs(float(said[0] - said[1])) > 1e-6,
        ours="a score looks at its row alone: the contract suite checks subsets",
    ),
    Bug(
        "bald_batch",
        "`BatchBALD` asks a row twice where scores tie: two generators break the same tie",
        given="12 equal rows, a batch of 6, seeds 0 to 19: the number of batches with a repeated row",
        shows=lambda said: int(said) > 0,
        ours="rows are distinct: the contract suite checks ties",
    ),
    Bug(
        "batch_bald_budget",
        "`BatchBALD` draws as many configurations as there are members by default: the joint information exceeds log K,"
        " and falls as rows are added, which it cannot",
        given="10 members, 10 classes: joint information of the first 1 to 6 rows; log 10 is 2.303",
        shows=lambda said: bool(said.max() > np.log(10) and (np.diff(said) < 0).any()),
        ours="never above log K: all configurations up to 2000, then that many",
    ),
    Bug(
        "clue_seed",
        "`Clue` does not hand its random_state to k-means: the same seed asks other rows",
        given="random_state=0, 200 rows, a batch of 10, five calls: the number of different answers",
        shows=lambda said: int(said) > 1,
        ours="the same seed asks the same rows",
    ),
    Bug(
        "kl_inputs",
        "`average_kl_divergence` overwrites the caller's probabilities",
        given="two members, one sure",
        shows=lambda said: bool(said),
        ours="inputs are untouched",
    ),
    Bug(
        "swallowed",
        "`SklearnClassifier` swallows what its estimator raises: an invalid setting gives uniform probabilities",
        given="LogisticRegression(C=-1): its probabilities of a row of class 1",
        shows=lambda said: said.dtype.kind == "f" and np.allclose(said, 0.5),
        ours="the estimator's error comes through",
    ),
]
