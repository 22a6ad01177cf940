"""Models and their training recipes."""

from __future__ import annotations

from askwise.learner.adapt import as_learner
from askwise.learner.arrays import ArraysLearner
from askwise.learner.committee import Committee, CommitteeLearner
from askwise.learner.defaults import recipe
from askwise.learner.encoded import Encoded, EncodedLearner, Encoder, Recipe
from askwise.learner.estimator import EstimatorLearner
from askwise.learner.gradients import mlp_gradients
from askwise.learner.head import Head
from askwise.learner.image import ImageEncoder
from askwise.learner.labelwise import LabelwiseLearner
from askwise.learner.pixels import PixelLearner
from askwise.learner.preference import PreferenceLearner
from askwise.learner.regressor import RegressorLearner
from askwise.learner.self_training import SelfTrainingLearner
from askwise.learner.table import ArrayEncoder, TableEncoder
from askwise.learner.tagger import SpanLearner
from askwise.learner.text import SentenceEncoder, TfidfEncoder
from askwise.learner.torch_module import TorchLearner, Training
from askwise.learner.unlearned import Unlearned

__all__ = [
    "ArrayEncoder",
    "ArraysLearner",
    "Committee",
    "CommitteeLearner",
    "Encoded",
    "EncodedLearner",
    "Encoder",
    "EstimatorLearner",
    "Head",
    "ImageEncoder",
    "LabelwiseLearner",
    "PixelLearner",
    "PreferenceLearner",
    "Recipe",
    "RegressorLearner",
    "SelfTrainingLearner",
    "SentenceEncoder",
    "SpanLearner",
    "TableEncoder",
    "TfidfEncoder",
    "TorchLearner",
    "Training",
    "Unlearned",
    "as_learner",
    "mlp_gradients",
    "recipe",
]
