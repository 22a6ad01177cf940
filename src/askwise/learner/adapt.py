"""Whatever a person trains with, as a learner."""

from __future__ import annotations

import sys
from typing import Any

from askwise.core.errors import BadInput
from askwise.core.protocols import Learner
from askwise.learner.committee import Committee, CommitteeLearner
from askwise.learner.estimator import EstimatorLearner
from askwise.learner.labelwise import LabelwiseLearner
from askwise.learner.regressor import RegressorLearner
from askwise.learner.torch_module import TorchLearner

ACCEPTED = (
    "a scikit-learn classifier, regressor or Pipeline, a torch.nn.Module, a list of those (a committee), "
    "or an object with provides, fit and evidence"
)


def as_learner(obj: Any, n_classes: int | None, *, together: bool = False) -> Learner:
    """Return the object itself when it is a learner, else the learner that adapts it; `n_classes` None for
    numbers. `together` says that a row may bear several of the classes: one binary learner for each.

    Raises BadInput for a class instead of an instance, and for anything that is not accepted.

    >>> from sklearn.naive_bayes import GaussianNB
    >>> type(as_learner([GaussianNB(), GaussianNB()], n_classes=2)).__name__
    'CommitteeLearner'
    """
    if isinstance(obj, type):
        raise BadInput(f"the learner is the class {obj.__name__}; give an instance: {obj.__name__}()")
    if all(hasattr(obj, name) for name in ("provides", "fit", "evidence")):
        learner: Learner = obj
        return learner
    if together:
        return LabelwiseLearner(lambda: as_learner(obj, 2), _some(n_classes, obj))
    if isinstance(obj, (list, tuple)):
        obj = Committee(obj)
    if isinstance(obj, Committee):
        return CommitteeLearner([as_learner(m, n_classes) for m in obj.members], bootstrap=obj.bootstrap)
    if _is_module(obj):
        return TorchLearner(obj, _some(n_classes, obj))
    if hasattr(obj, "get_params") and hasattr(obj, "fit"):
        return _estimator(obj, n_classes)
    raise BadInput(f"{obj!r} ({type(obj).__name__}) is no learner; give {ACCEPTED}")


def _estimator(obj: Any, n_classes: int | None) -> Learner:
    from sklearn.base import is_classifier, is_regressor

    if is_regressor(obj):
        if n_classes is not None:
            raise BadInput(
                f"{type(obj).__name__} predicts numbers, but the task has {n_classes} classes; give a classifier"
            )
        return RegressorLearner(obj)
    if not is_classifier(obj):
        raise BadInput(f"{type(obj).__name__} is neither a classifier nor a regressor; give {ACCEPTED}")
    return EstimatorLearner(obj, _some(n_classes, obj))


def _some(n_classes: int | None, obj: Any) -> int:
    if n_classes is None:
        raise BadInput(f"{type(obj).__name__} predicts classes, but the task has none; give n_classes or a regressor")
    return n_classes


def _is_module(obj: Any) -> bool:
    torch = sys.modules.get("torch")  # a module can only exist where torch has been imported
    return torch is not None and isinstance(obj, torch.nn.Module)
