"""Answers that all readers share: worked out once however many ask at a time, kept by key, and bounded.

Work runs in a thread of its own, so that whoever waits for it can leave. When nobody waits any more it is stopped,
as a query is whose filters have been changed. What is handed out is the same object for everybody: only what cannot
be changed belongs here, such as Arrow tables.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Stoppable = Callable[[Callable[[], None]], None]
"""Takes what interrupts a work, before it begins."""
Wait = Callable[[threading.Event], None]
"""Returns once the event has come, or raises to wait no longer."""

SECONDS_BETWEEN_INTERRUPTS = 0.05
MOST_THREADS = 64
"""Works under way at a time; further ones wait for their turn, and can be left meanwhile."""


def stay(is_over: threading.Event) -> None:
    """A wait that nothing ends but the answer."""
    is_over.wait()


class AbandonedError(Exception):
    """Raised inside work that nobody waits for, before it has begun."""


class _Work(Generic[T]):
    """One piece of work under way."""

    def __init__(self) -> None:
        self.is_over = threading.Event()
        self.waiting = 0
        self.answer: T | None = None
        self.error: BaseException | None = None
        self._interrupt: Callable[[], None] | None = None
        self._is_abandoned = False
        self._lock = threading.Lock()

    def stoppable(self, interrupt: Callable[[], None]) -> None:
        with self._lock:
            self._interrupt = interrupt
            if self._is_abandoned:
                raise AbandonedError

    def give_up(self) -> None:
        """Have it not begin, if it has not begun."""
        with self._lock:
            self._is_abandoned = True

    def abandon(self) -> None:
        """Interrupt it until it is over: an interrupt that comes before the query does is lost."""
        self.give_up()
        threading.Thread(target=self._stop, name="stop-work", daemon=True).start()

    def _stop(self) -> None:
        while not self.is_over.wait(SECONDS_BETWEEN_INTERRUPTS):
            if self._interrupt is not None:
                self._interrupt()


class Answers(Generic[T]):
    """Answers by key, those not asked for longest given up first when they weigh more than `most` together.

    `ends_alone` keeps work going that nobody waits for, because somebody is going to need it.
    """

    def __init__(
        self, most: int, weigh: Callable[[T], int] = lambda _: 1, *, ends_alone: bool = False
    ) -> None:
        self.most = most
        self.weight = 0
        self.asked_count = 0
        self.found_count = 0
        self._weigh = weigh
        self._ends_alone = ends_alone
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._under_way: dict[Hashable, _Work[T]] = {}
        self._lock = threading.Lock()
        # Of its own: work may wait for the answers of others, and would hold up the threads that they need.
        self._threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="answers")

    def ask(self, key: Hashable, work: Callable[[Stoppable], T], wait: Wait = stay) -> T:
        """The answer kept under the key, or what `work` gives; an error of the work is everybody's who waits for it.

        `wait` waits, and may raise to leave: the work goes on for the others, and is stopped where there are none.
        """
        with self._lock:
            self.asked_count += 1
            if key in self._kept:
                self.found_count += 1
                self._kept.move_to_end(key)
                return self._kept[key][0]
            mine, is_new = self._under_way.get(key), False
            if mine is None:
                mine = self._under_way[key] = _Work()
                is_new = True
            else:
                self.found_count += 1
            mine.waiting += 1
        if is_new:
            self._begin(key, mine, work)
        error = None
        try:
            wait(mine.is_over)
            error = mine.error
        finally:
            self._leave(key, mine)
        if error is not None:
            try:
                raise error
            finally:
                del error  # it knows this frame
        return mine.answer

    def forget(self, is_meant: Callable[[Any], bool]) -> None:
        """Give up what is kept under the keys that are meant."""
        with self._lock:
            for key in [key for key in self._kept if is_meant(key)]:
                self.weight -= self._kept.pop(key)[1]

    def __len__(self) -> int:
        return len(self._kept)

    def _begin(self, key: Hashable, mine: _Work[T], work: Callable[[Stoppable], T]) -> None:
        # Neither the work nor whoever waits for it is to hold this future, which holds them: what was given up would
        # stay in that circle until Python goes through all of its memory.
        try:
            begun = self._threads.submit(work, mine.stoppable)
        except (
            RuntimeError
        ) as error:  # the machine has no thread left, or the process is about to end
            self._fail(key, mine, error)
        else:
            begun.add_done_callback(lambda done: self._end(key, mine, done))

    def _end(self, key: Hashable, mine: _Work[T], done: Future[T]) -> None:
        try:
            mine.error = done.exception()
            mine.answer = None if mine.error else done.result()
            weight = 0 if mine.error else self._weigh(done.result())
            with self._lock:
                if self._under_way.get(key) is mine:
                    del self._under_way[key]
                    if mine.error is None:
                        self._keep(key, done.result(), weight)
                if not mine.waiting:
                    mine.error = None
        finally:
            mine.is_over.set()

    def _fail(self, key: Hashable, mine: _Work[T], error: BaseException) -> None:
        """Work that has no thread of its own: everybody who waits for it is told, and a thread of others leaves it."""
        mine.give_up()
        with self._lock:
            if self._under_way.get(key) is mine:
                del self._under_way[key]
            mine.error = error
        mine.is_over.set()

    def _keep(self, key: Hashable, answer: T, weight: int) -> None:
        if weight > self.most:
            return
        self._kept[key] = answer, weight
        self.weight += weight
        while self.weight > self.most:
            self.weight -= self._kept.popitem(last=False)[1][1]

    def _leave(self, key: Hashable, mine: _Work[T]) -> None:
        with self._lock:
            mine.waiting -= 1
            if not mine.waiting and mine.is_over.is_set():
                mine.error = None  # it knows the frames of the work, and these know the work
            if mine.waiting or mine.is_over.is_set() or self._ends_alone:
                return
            # Whoever asks now is to get an answer, and not the end of this one.
            if self._under_way.get(key) is mine:
                del self._under_way[key]
        mine.abandon()
