"""A folder of images, each in the folder of its class: what torchvision and Hugging Face call an image folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from askwise.bridge.formats.example import Example, Given, Losses, Reading, in_order
from askwise.core.errors import BadInput
from askwise.task import Task, as_task

UNLABELLED = "_unlabelled"
"""The folder of images that have no class yet; so have images at the top."""


def read(path: Path, losses: Losses) -> Reading:
    """Images under ``CLASS/...``, their class as the one answer; `path` is the folder of images as well."""
    names = _names(path)
    classes = in_order(name for name in map(_class_of, names) if name is not None)
    if len(classes) < 2:
        raise BadInput(
            f"{str(path)!r} holds images of {len(classes)} classes ({', '.join(classes) or 'no folders'}); put the"
            f" images of each class into a folder of its name, at least two, and others into {UNLABELLED!r}"
        )
    return Reading(as_task("choice", classes), lambda: _examples(names))


def _names(path: Path) -> list[str]:
    from askwise.pool.images import ImageFolder

    return list(ImageFolder(path).names)


def _class_of(name: str) -> str | None:
    folder, _, rest = name.partition("/")
    return None if not rest or folder == UNLABELLED else folder


def _examples(names: list[str]) -> Iterator[Example]:
    for name in names:
        label = _class_of(name)
        yield Example(name, {"image": name}, () if label is None else (Given(label),))


def write(examples: Iterable[Example], task: Task, path: Path, losses: Losses) -> None:
    """Refused: a session holds no image files. Raises BadInput naming what does."""
    raise BadInput(f"an image folder is read only; write {str(path)!r} as lines or coco, which name the images")
