"""Executors on one machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """Cores that this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Serial:
    """One chunk after the other, in this thread.

    >>> list(Serial().map(abs, [-1, 2]))
    [1, 2]
    """

    def map(self, fn: Callable[[T], R], chunks: Iterable[T]) -> Iterator[R]:
        """Results in order."""
        return map(fn, chunks)


class Threads:
    """Chunks on threads: right for kernels that release the interpreter lock."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or cores()

    def map(self, fn: Callable[[T], R], chunks: Iterable[T]) -> Iterator[R]:
        """Results as they come, with at most two chunks a worker under way."""
        with ThreadPoolExecutor(self.workers) as executor:
            yield from _bounded(executor, fn, chunks, 2 * self.workers)


class Processes:
    """Chunks in processes; `fn`, chunks and results must pickle."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or cores()

    def map(self, fn: Callable[[T], R], chunks: Iterable[T]) -> Iterator[R]:
        """Results as they come, with at most two chunks a worker under way."""
        with ProcessPoolExecutor(self.workers) as executor:
            yield from _bounded(executor, fn, chunks, 2 * self.workers)


def _bounded(executor: Executor, fn: Callable[[T], R], chunks: Iterable[T], most: int) -> Iterator[R]:
    """Submit lazily, so that a pool larger than memory is never queued as a whole."""
    under_way: set[Future[R]] = set()
    for chunk in chunks:
        under_way.add(executor.submit(fn, chunk))
        if len(under_way) >= most:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    for future in under_way:
        yield future.result()
