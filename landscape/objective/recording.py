"""A pass over the batches as a CUDA graph: recorded once, launched as a whole at every point.

A GPU finishes a small network before Python has said what comes next. A graph needs no Python:
the kernels run one after the other, in the same order, on the same memory, which parameters are
written into (https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs).
"""

from collections.abc import Callable

import torch
from torch import Tensor

Outputs = list[dict[str, Tensor]]

_WARM_UP = 2  # passes before: libraries choose algorithms and take memory when they are first used


class Recording:
    """What a pass did, to be done again without Python.

    Args:
        run: The pass. Its parameters and data stay where they are, and are on a CUDA device.

    Raises:
        RuntimeError: If it waits for the device, as one does that reads a value, or does what
            cannot be recorded.
    """

    def __init__(self, run: Callable[[], Outputs]) -> None:
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call, unused-ignore]
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(_WARM_UP):
                run()
        torch.cuda.current_stream().wait_stream(beside)
        self._graph = torch.cuda.CUDAGraph()
        # Other threads go on using the device, for instance those that pin a loader's memory.
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._outputs = run()

    def again(self) -> Outputs:
        """Do it again.

        Returns:
            The outputs, in memory that the next time writes to.
        """
        self._graph.replay()
        return self._outputs
