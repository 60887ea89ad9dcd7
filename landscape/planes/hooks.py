"""A tracker in the training loops of others: Lightning's, and Hugging Face's Trainer."""

import importlib
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from landscape.errors import LandscapeError

if TYPE_CHECKING:
    from landscape.planes.tracker import Tracker


@dataclass
class _Pace:
    """Which states of a training are recorded: the first, one every so many steps, the last.

    Args:
        tracker: What writes.
        every: Steps of the optimizer between two.
        submodule: Path of the part that is recorded; empty for all of it.
        last: The step of the newest, in every process of the training alike.
    """

    tracker: "Tracker"
    every: int
    submodule: str
    last: int = -1

    def __post_init__(self) -> None:
        if isinstance(self.every, bool) or not isinstance(self.every, int) or self.every < 1:
            raise LandscapeError(
                f"expected every to be a number of steps from 1, got {self.every!r}"
            )

    def begin(self, model: nn.Module, step: int, *, write: bool) -> None:
        """Record where a training begins, or is taken up again: then its loss may be known."""
        known = self.tracker.records if write and not self.tracker.overwrite else ()
        loss = next((record.loss for record in known if record.step == step), math.nan)
        self.record(model, step, loss, write=write)

    def due(self, step: int) -> bool:
        """Tell whether enough steps have passed; a training may count by more than one."""
        return step // self.every > self.last // self.every

    def record(self, model: nn.Module, step: int, loss: float | Tensor, *, write: bool) -> None:
        """Record a state that is not there yet."""
        if step != self.last and write:
            self.tracker.record(self._part(model), step=step, loss=loss)
        self.last = step

    def _part(self, model: nn.Module) -> nn.Module:
        """Return what is to be recorded."""
        try:
            return model.get_submodule(self.submodule)
        except AttributeError as error:
            there = ", ".join(repr(name) for name, _ in model.named_children())
            raise LandscapeError(
                f"{type(model).__name__} has no submodule {self.submodule!r}",
                hint=f"it has: {there}",
            ) from error


def lightning_callback(tracker: "Tracker", every: int, submodule: str) -> Any:
    """Make a callback of Lightning: see `Tracker.lightning`."""
    # Of the two names of the package, which have each their own Callback, the one that is in use.
    names = sorted(("lightning.pytorch", "pytorch_lightning"), key=lambda n: n not in sys.modules)
    package = _imported(names, "lightning")
    pace = _Pace(tracker, every, submodule)

    class LightningTracker(package.Callback):  # type: ignore[misc, name-defined]
        newest: float | Tensor = math.nan

        def on_train_start(self, trainer: Any, pl_module: nn.Module) -> None:
            pace.begin(pl_module, trainer.global_step, write=trainer.is_global_zero)

        def on_train_batch_end(
            self, trainer: Any, pl_module: nn.Module, outputs: Any, *_: Any
        ) -> None:
            loss = outputs.get("loss", math.nan) if isinstance(outputs, dict) else math.nan
            # Lightning divides the loss of a batch by the number whose gradients are added.
            self.newest = loss * trainer.accumulate_grad_batches
            if pace.due(trainer.global_step):
                self._record(trainer, pl_module)

        def on_train_end(self, trainer: Any, pl_module: nn.Module) -> None:
            self._record(trainer, pl_module)

        def _record(self, trainer: Any, pl_module: nn.Module) -> None:
            write = trainer.is_global_zero
            pace.record(pl_module, trainer.global_step, self.newest, write=write)

        def __reduce__(self) -> Any:  # for strategies that start processes
            return lightning_callback, (tracker, every, submodule)

    return LightningTracker()


def transformers_callback(tracker: "Tracker", every: int, submodule: str) -> Any:
    """Make a callback of Hugging Face's Trainer: see `Tracker.transformers`."""
    package = _imported(("transformers",), "transformers")
    pace = _Pace(tracker, every, submodule)

    class TransformersTracker(package.TrainerCallback):  # type: ignore[misc, name-defined]
        def on_train_begin(self, _args: Any, state: Any, _: Any, **given: Any) -> None:
            pace.begin(given["model"], state.global_step, write=state.is_world_process_zero)

        def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
            if pace.due(state.global_step) or control.should_training_stop:
                # The loss is told to callbacks only where it is logged: for that, all processes
                # add theirs.
                control.should_log = True

        def on_log(self, _args: Any, state: Any, control: Any, **given: Any) -> None:
            due = pace.due(state.global_step) or control.should_training_stop
            if due and "loss" in given["logs"]:
                loss, write = given["logs"]["loss"], state.is_world_process_zero
                pace.record(given["model"], state.global_step, loss, write=write)

        def on_train_end(self, args: Any, state: Any, _: Any, **given: Any) -> None:
            # Where the best state was loaded, the last one is gone.
            if not (args.load_best_model_at_end and state.best_model_checkpoint):
                write = state.is_world_process_zero
                pace.record(given["model"], state.global_step, math.nan, write=write)

    return TransformersTracker()


def _imported(names: Sequence[str], extra: str) -> ModuleType:
    """Import the first package that is installed."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            missing = error
    raise LandscapeError(
        f"a callback of {extra} needs it, and it is not installed: {missing}",
        hint=f"pip install 'lamp-landscape[{extra}]'",
    ) from missing
