"""A pass over the batches as a CUDA graph: recorded once, launched as a whole at every point.

A GPU finishes a small network before Python has said what comes next. A graph needs no Python:
the same kernels run in the same order on the same memory, into which parameters are written
(https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs).
"""

import contextlib
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

Outputs = list[dict[str, Tensor]]


class Recording:
    """What a pass did, to be done again without Python.

    Args:
        run: The pass. Its parameters and data stay where they are.
        device: The CUDA device of both.

    Raises:
        RuntimeError: If the pass waits for the device, as one does that reads a value, or does
            what cannot be recorded.
    """

    def __init__(self, run: Callable[[], Outputs], device: str) -> None:
        with torch.cuda.device(device):
            beside = torch.cuda.Stream()  # type: ignore[no-untyped-call, unused-ignore]
            beside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(beside):
                run()  # libraries choose algorithms and take memory when they are first used
                with _refusing_to_wait():
                    run()
            torch.cuda.current_stream().wait_stream(beside)
            self._graph = torch.cuda.CUDAGraph()
            try:
                self._outputs = _record(self._graph, run)
            except BaseException:
                # Random numbers of the device stay in a recording that failed until one succeeds.
                _record(torch.cuda.CUDAGraph(), lambda: [{"": torch.zeros(1, device="cuda")}])
                raise

    def again(self) -> Outputs:
        """Do it again.

        Returns:
            The outputs, in memory that the next time writes to.
        """
        self._graph.replay()
        return self._outputs


def _record(graph: torch.cuda.CUDAGraph, run: Callable[[], Outputs]) -> Outputs:
    """Record a pass into a graph."""
    # Other threads go on using the device, for instance those that pin a loader's memory.
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        return run()


@contextlib.contextmanager
def _refusing_to_wait() -> Iterator[None]:
    """Let operations that wait for the device fail: inside a recording they would spoil more."""
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the mode is a prototype
        torch.cuda.set_sync_debug_mode("error")
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode(before)
