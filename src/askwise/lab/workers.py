"""Work on several cores: forked processes that share what is there already, or threads where there is no safe fork."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from askwise.core.errors import BadInput, StoreError

T = TypeVar("T")
R = TypeVar("R")
News = Callable[[dict[str, Any]], None]
Job = Callable[[int, T, News, Callable[[], bool]], R | None]
Event = tuple[int, dict[str, Any]]
Watch = Callable[[int, dict[str, Any]], None]
_POLL = 0.1


def cores() -> int:
    """Cores that this process may use, not those of the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def how_many(workers: int | None, tasks: int) -> int:
    """Workers to start: as many as asked for, or cores, but no more than tasks. Raises BadInput for none."""
    if workers is not None and workers < 1:
        raise BadInput(f"workers={workers} cannot work; give at least 1, or leave it out for one per core")
    return max(1, min(workers or cores(), tasks))


def perform_all(tasks: Sequence[T], work: Job[T, R], workers: int, watch: Watch, *, inline: bool = True) -> list[R]:
    """What `work` gives for every task, in order. `watch(number, news)` is called here, as the tasks proceed.

    `work` gets the task's number, the task, a function for news of it, and one that says whether to stop; it returns
    None when it was told to stop. A single worker is this process, unless `inline` is False.

    On Ctrl-C or on an error in a run the others end after the batch that they are at, with all answers on
    disk, and KeyboardInterrupt or the error is raised. Raises StoreError when the system killed a worker.
    """
    if workers == 1 and inline:
        with _minding_ctrl_c() as stopped:
            return [_kept(work(i, task, _sender(i, watch), stopped)) for i, task in enumerate(tasks)]
    with _crew(work, workers) as crew:
        return crew.perform(tasks, watch)


def _kept(found: R | None) -> R:
    if found is None:
        raise KeyboardInterrupt
    return found


def _sender(task: int, watch: Watch) -> Callable[[dict[str, Any]], None]:
    return lambda measure: watch(task, measure)


@contextmanager
def _minding_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: then it ends after the batch that is under way. Pressed again, it ends at once.

    Raised anywhere, KeyboardInterrupt would be lost in a callback of a compiler, where Python drops exceptions.
    """
    pressed = threading.Event()
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield pressed.is_set
        return

    def press(number: int, frame: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class WorkerKilled(StoreError):
    """The system ended a worker in the middle of its task."""


@dataclass
class _Shared:
    """What a worker holds: inherited by fork, or the same object for threads."""

    work: Any
    events: Any
    stop: Any
    threads: int


@dataclass
class _Crew:
    executor: Executor
    shared: _Shared

    def perform(self, tasks: Sequence[T], watch: Watch) -> list[Any]:
        with warnings.catch_warnings():
            # Python warns that fork and threads are a risk: the only other threads here are idle ones of the BLAS.
            warnings.filterwarnings("ignore", message=".*multi-threaded", category=DeprecationWarning)
            runs = [self.executor.submit(_work, i, task) for i, task in enumerate(tasks)]
        try:
            self._await(runs, watch)
            return [_kept(run.result()) for run in runs]
        except BrokenProcessPool as fault:
            raise WorkerKilled(
                "a worker process was killed by the system, most likely for want of memory; nothing answered is lost:"
                " run the same again to resume, with fewer workers"
            ) from fault

    def _await(self, runs: Sequence[Future[Any]], watch: Watch) -> None:
        pending = set(runs)
        while pending:
            done, pending = wait(pending, timeout=_POLL, return_when=FIRST_COMPLETED)
            for task, measure in self._news():
                watch(task, measure)
            for run in done:
                run.result()

    def _news(self) -> Iterator[Event]:
        while not self.shared.events.empty():
            yield self.shared.events.get()


@contextmanager
def _crew(work: Any, workers: int) -> Iterator[_Crew]:
    executor, shared = _forked(work, workers) if _can_fork() else _threaded(work, workers)
    try:
        yield _Crew(executor, shared)
    finally:
        shared.stop.set()
        executor.shutdown(wait=True, cancel_futures=True)


def _can_fork() -> bool:
    # macOS offers fork, but its frameworks do not survive it.
    return sys.platform.startswith("linux") and "fork" in multiprocessing.get_all_start_methods()


def _forked(work: Any, workers: int) -> tuple[Executor, _Shared]:
    context = multiprocessing.get_context("fork")
    shared = _Shared(work, context.SimpleQueue(), context.Event(), max(1, cores() // workers))
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_enlist, initargs=(shared, True))
    return executor, shared


def _threaded(work: Any, workers: int) -> tuple[Executor, _Shared]:
    shared = _Shared(work, queue.SimpleQueue(), threading.Event(), max(1, cores() // workers))
    return ThreadPoolExecutor(workers, initializer=_enlist, initargs=(shared, False)), shared


_MINE = threading.local()


def _enlist(shared: _Shared, forked: bool) -> None:
    """First thing in a worker: take what is shared, share the cores, and leave Ctrl-C to the parent."""
    from threadpoolctl import threadpool_limits

    importlib.import_module("sklearn.cluster")  # loads BLAS and OpenMP, so that the limits below find them
    _MINE.shared = shared
    if forked:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_die_with_parent, daemon=True).start()
    # OpenMP threads of the parent do not survive a fork, and waiting for them would be for ever: one thread it is.
    limits = {"blas": shared.threads, "openmp": 1 if forked else shared.threads}
    _MINE.limits = threadpool_limits(limits)


def _die_with_parent() -> None:
    """End at once when the parent is killed, so that a resumed simulation finds its files free."""
    from multiprocessing.connection import wait as wait_for

    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _work(number: int, task: Any) -> Any:
    shared: _Shared = _MINE.shared
    return shared.work(number, task, lambda news: shared.events.put((number, news)), shared.stop.is_set)
