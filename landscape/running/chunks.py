"""Give points to workers, round after round, and survive workers that die."""

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait

from landscape.errors import LandscapeError, describe
from landscape.running.evaluator import Evaluated, PointValues
from landscape.running.worker import Answer, JobMissing, WorkerDied
from landscape.surface.writer import Point

logger = logging.getLogger("landscape")

Chunk = Sequence[Point]
Finished = tuple[Chunk, list[PointValues]]

_DEATH = "the worker process died; it may have run out of memory"
_DEATHS_AT_MOST = 3
_MOST_SECONDS = 0.5  # of work that a death or Ctrl-C may cost, and between signs of progress
_LEAST_SECONDS = 0.05  # sending a chunk and storing its values takes some milliseconds
_POLL_SECONDS = 2.0
_QUIET_SECONDS = 60.0  # until it is told that no point is finished, then twice as long, and so on


class Workers:
    """Somewhere to evaluate points: this process, others, or other machines.

    Args:
        submit: Starts the evaluation of a chunk. The future raises one of `deaths` if the worker
            has died.
        count: Number of workers now.
        seconds: An estimate of the time for one point.
        deaths: Exceptions that tell of the death of a worker.
        supply: Sends the job to those workers that answer a chunk with `JobMissing`.
        ahead: Chunks in flight for each worker; with two none waits for this process.
    """

    def __init__(
        self,
        submit: Callable[[Chunk], "Future[Answer]"],
        *,
        count: Callable[[], int],
        seconds: float,
        deaths: tuple[type[BaseException], ...] = (BrokenExecutor,),
        supply: Callable[[Sequence[str]], None] | None = None,
        ahead: int = 2,
    ) -> None:
        self.submit = submit
        self.deaths = deaths
        self.supply = supply
        self.ahead = ahead
        self._count = count
        self._guess = seconds
        self._busy = self._drawing = self._capacity = 0.0
        self._points = self._chunks = 0
        self._clock: float | None = None

    def count(self) -> int:
        """Return the number of workers now, and count the time that they have had until now."""
        now, count = time.perf_counter(), self._count()
        if self._clock is not None:
            self._capacity += count * (now - self._clock)
        self._clock = now
        return count

    def note(self, points: int, answer: Evaluated) -> None:
        """Take notice of the time that a chunk has taken."""
        self._chunks += 1
        self._points += points
        self._busy += answer.seconds
        self._drawing += answer.drawing

    @property
    def seconds(self) -> float:
        """Time that one point takes; the first guess weighs as much as one measured point."""
        return max(1e-6, (self._guess + self._busy) / (1 + self._points))

    @property
    def drawing(self) -> float:
        """Time that a chunk takes for its plane on average, which is little once planes stay."""
        return self._drawing / max(1, self._chunks)

    @property
    def points(self) -> int:
        """Number of points evaluated so far."""
        return self._points

    @property
    def efficiency(self) -> float:
        """Share of the workers' time since the first round began that was spent on evaluating."""
        self.count()
        return min(1.0, self._busy / self._capacity) if self._capacity else math.nan

    def run(self, points: Sequence[Point]) -> Generator[Finished]:
        """Evaluate points; to be called again for every round.

        When a worker dies, the points that were in flight run again, one at a time, so that one
        at which workers die is found by one more death, and fails alone.

        Args:
            points: Indices (plane, beta, alpha); those of a plane one after the other.

        Yields:
            Chunks of the points, in order of completion, with their values.

        Raises:
            LandscapeError: If workers die at every point they are given, or cannot work at all.
        """
        current = _Round(self, points)
        try:
            while current.launch():
                yield from current.land()
        finally:
            current.cancel()


class _Round:
    """The points of one round: waiting, in flight, or under suspicion of killing workers."""

    def __init__(self, workers: Workers, points: Sequence[Point]) -> None:
        self._workers = workers
        self._waiting = deque(points)
        self._again: deque[Chunk] = deque()
        self._suspects: deque[Chunk] = deque()
        self._flying: dict[Future[Answer], Chunk] = {}
        self._alone = False  # whether what flies is a suspect
        self._size = self._equal = 0
        self._deaths = 0
        self._landed, self._patience = time.monotonic(), _QUIET_SECONDS

    def launch(self) -> bool:
        """Keep every worker busy, with one more chunk ahead; tell whether anything is in flight."""
        count = max(1, self._workers.count())
        if not self._flying:
            self._alone = bool(self._suspects)
            if self._alone:
                self._start(self._suspects.popleft())
        if not self._alone and not self._suspects:
            while (self._again or self._waiting) and len(
                self._flying
            ) < count * self._workers.ahead:
                self._start(self._again.popleft() if self._again else self._cut(count))
        return bool(self._flying)

    def land(self) -> Generator[Finished]:
        """Wait for the next chunks to be finished, and tell their values."""
        wanting = []
        died = False
        for future in wait(self._flying, _POLL_SECONDS, FIRST_COMPLETED).done:
            chunk = self._flying.pop(future)
            answer = self._answer(future)
            self._landed, self._patience = time.monotonic(), _QUIET_SECONDS
            if isinstance(answer, Evaluated):
                self._workers.note(len(chunk), answer)
                yield chunk, answer.values
            elif isinstance(answer, JobMissing):
                wanting.append(answer.worker)
                (self._suspects if self._alone else self._again).appendleft(chunk)
            else:
                died = True
                yield from self._suspect(chunk)
        if died:
            logger.warning("a worker process died; its points run again")
        if wanting:
            assert self._workers.supply is not None
            self._workers.supply(wanting)
        self._tell_quiet()

    def cancel(self) -> None:
        """Take back what is in flight, when the caller wants no more."""
        for future in self._flying:
            future.cancel()

    def _cut(self, count: int) -> Chunk:
        """Cut the next chunk; as many of equal size as there are workers (Hummel et al. 1992)."""
        if self._equal == 0:
            self._equal = count
            self._size = chunk_size(
                len(self._waiting),
                count,
                self._workers.seconds,
                drawing=self._workers.drawing,
            )
        self._equal -= 1
        chunk = [self._waiting.popleft()]
        # Of one plane: a worker that has not got it draws it, which may take longer than points.
        while self._waiting and len(chunk) < self._size and self._waiting[0][0] == chunk[0][0]:
            chunk.append(self._waiting.popleft())
        return chunk

    def _start(self, chunk: Chunk) -> None:
        """Hand a chunk to a worker."""
        try:
            self._flying[self._workers.submit(chunk)] = chunk
        except BrokenExecutor as error:
            raise LandscapeError(
                "a worker process of the executor died, which breaks the executor",
                hint="finished points are kept: go on with a new executor, or with workers=N, "
                "whose processes are replaced when they die",
            ) from error
        except CancelledError as error:
            raise _gone() from error

    def _answer(self, future: "Future[Answer]") -> Answer:
        """Return what a worker answered."""
        try:
            return future.result()
        except self._workers.deaths:
            return WorkerDied()
        except LandscapeError:
            raise
        except CancelledError as error:
            raise _gone() from error
        except Exception as error:
            raise LandscapeError(f"a worker cannot work: {describe(error)}") from error

    def _suspect(self, chunk: Chunk) -> Generator[Finished]:
        """Take care of a chunk whose worker died: run its points alone; fail one that was."""
        if not self._alone:
            # Point by point at once: halving would cost a death for every halving.
            self._suspects.extend([point] for point in chunk)
            return
        self._deaths += 1
        yield chunk, [_DEATH]
        if self._deaths >= _DEATHS_AT_MOST and not self._workers.points:
            raise LandscapeError(
                f"worker processes died at the first {self._deaths} points, at every one",
                hint="use fewer workers, smaller batches or fewer samples (--max-samples)",
            )

    def _tell_quiet(self) -> None:
        """Log which points are in work when none has finished for long."""
        quiet = time.monotonic() - self._landed
        if quiet < self._patience or not self._flying:
            return
        self._patience *= 2
        first = list(self._flying.values())[: max(1, self._workers.count())]
        names = [f"plane {p}, beta {j}, alpha {i}" for p, j, i in (c[0] for c in first[:4])]
        more = f" and {len(first) - 4} more" if len(first) > 4 else ""
        logger.warning(
            "no point has finished for %.0f s; in work are those from (%s)%s on",
            quiet,
            "), (".join(names),
            more,
        )


def _gone() -> LandscapeError:
    """Say that an executor does not answer any more."""
    return LandscapeError(
        "the executor has dropped a task; its workers or its scheduler are gone",
        hint="finished points are kept: the same call goes on where it stopped",
    )


def chunk_size(points: int, workers: int, seconds: float, *, drawing: float = 0.0) -> int:
    """Choose how many points a worker is given at a time.

    Half of each worker's share of what is left, so that chunks become small towards the end and
    workers end together; no more than half a second, and not so few that sending them, or drawing
    their plane, costs more than evaluating them; but always something for every worker.

    Args:
        points: Points left.
        workers: Number of workers.
        seconds: For one point.
        drawing: Seconds for the plane of a chunk.

    Returns:
        A number of at least 1.

    Example:
        >>> chunk_size(8, 2, 0.001), chunk_size(8, 2, 0.1), chunk_size(2601, 2, 0.01)
        (4, 2, 50)
    """
    most = max(1, int(_MOST_SECONDS / seconds))
    if workers == 1:  # nothing to share and nobody to wait for: only keep the values coming
        return min(most, math.ceil(points / 8))
    worth = math.ceil(max(_LEAST_SECONDS, drawing) / seconds)
    least = min(worth, math.ceil(points / workers))
    return max(least, min(most, math.ceil(points / (2 * workers))))
