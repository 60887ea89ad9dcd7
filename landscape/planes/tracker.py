"""Keep checkpoints while a model is trained, for the path that its optimizer takes."""

import logging
import math
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.files import replacing
from landscape.planes.names import plain_name
from landscape.planes.parameters import Parameters
from landscape.planes.runs import TRACKED, Record, read_run
from landscape.planes.sharing import own_parameters

logger = logging.getLogger("landscape")

_NAME = "step-{:09d}.safetensors"
_TEMPORARY = ".step-*.tmp"


@checked
class Tracker:
    """Write a checkpoint a call into one folder, for `along="pca:FOLDER"`.

    Each file is written whole or not at all, and says itself which step it is and what its loss
    was: a training that is killed leaves a path that can be drawn. A training that is taken up
    again goes on in the same folder: what the one before wrote at the same step and later is
    removed, since the path does not go there any more.

    Args:
        folder: Where; it is made with the first checkpoint.
        overwrite: Begin anew: remove the checkpoints of another training that are there.

    Example:
        >>> import tempfile
        >>> model, folder = nn.Linear(2, 1), tempfile.mkdtemp()
        >>> tracker = Tracker(folder)
        >>> for step in range(3):
        ...     tracker.record(model, step=step, loss=0.5 ** step)
        >>> tracker.steps
        (0, 1, 2)
    """

    def __init__(self, folder: str | Path, *, overwrite: bool = False) -> None:
        self.folder = Path(folder)
        self.overwrite = overwrite
        self._last: int | None = None

    def __repr__(self) -> str:
        return f"Tracker({str(self.folder)!r}): {len(self.records)} checkpoints"

    @property
    def records(self) -> tuple[Record, ...]:
        """What is in the folder, by ascending steps."""
        return read_run(self.folder) if any(self.folder.glob(TRACKED)) else ()

    @property
    def steps(self) -> tuple[int, ...]:
        """Steps of all checkpoints."""
        return tuple(record.step for record in self.records)

    def record(self, model: nn.Module, *, step: int, loss: float | Tensor = math.nan) -> None:
        """Write parameters and buffers of a model.

        Args:
            model: In any wrapper; it is left as found.
            step: Of the optimizer, an epoch, or what else counts; higher than the one before.
            loss: A number to keep beside it.

        Raises:
            LandscapeError: If the step is not higher, the folder holds another architecture or a
                training that begins here, or the file cannot be written.
        """
        if isinstance(step, bool) or not isinstance(step, int) or step < 0:
            raise LandscapeError(f"expected step to be a number from 0, got {step!r}")
        if self._last is not None and step <= self._last:
            raise LandscapeError(
                f"expected a step after {self._last}, got {step}",
                hint="a second training needs a Tracker and a folder of its own",
            )
        tensors = _tensors(model)
        try:
            if self._last is None:
                self._begin(tensors, step)
            value = loss.detach() if isinstance(loss, Tensor) else loss
            self._write(tensors, step, float(value))
        except OSError as error:
            raise LandscapeError(
                f"cannot write to {self.folder}: {error.strerror or error}",
                hint="is there space, and may you write there?",
            ) from error
        self._last = step

    def lightning(self, *, every: int, submodule: str = "") -> Any:
        """Return a callback for a `Trainer` of Lightning, which records while it fits.

        The untrained state is recorded, and that of the last step; the loss beside a state is that
        of the batch before it. Process 0 alone writes.

        Args:
            every: Steps of the optimizer between two checkpoints; some fifty make a good figure.
            submodule: Where in the LightningModule the problem's model is, such as `"model"`;
                empty where it is the whole.

        Returns:
            A `Callback`.

        Raises:
            LandscapeError: If Lightning is not installed, or `every` is no number of steps.
        """
        from landscape.planes.hooks import lightning_callback

        return lightning_callback(self, every, submodule)

    def transformers(self, *, every: int, submodule: str = "") -> Any:
        """Return a callback for the `Trainer` of Hugging Face, which records while it trains.

        The untrained state is recorded, and that of the last step; the loss beside a state is the
        mean since the trainer last logged, which it also does at each checkpoint. Process 0 alone
        writes.

        Args:
            every: Steps of the optimizer between two checkpoints; some fifty make a good figure.
            submodule: Where in the model the problem's model is; empty where it is the whole.

        Returns:
            A `TrainerCallback`.

        Raises:
            LandscapeError: If transformers is not installed, or `every` is no number of steps.
        """
        from landscape.planes.hooks import transformers_callback

        return transformers_callback(self, every, submodule)

    def _begin(self, tensors: Parameters, step: int) -> None:
        """Go on after what is there, which must be of this training."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(_TEMPORARY):  # by a killed process
            left.unlink(missing_ok=True)
        records = self.records
        if not records:
            return
        if not self.overwrite:
            _check_architecture(tensors, records[0].path)
            if step <= records[0].step:
                raise LandscapeError(
                    f"{self.folder} holds a training from step {records[0].step} on: this one "
                    f"would replace all of it from step {step}",
                    hint="give another folder, or Tracker(folder, overwrite=True)",
                )
        later = [r for r in records if self.overwrite or r.step >= step]
        # From the end: a kill in between leaves the beginning of one path, not pieces of two.
        for record in reversed(later):
            record.path.unlink()
        if later and not self.overwrite:
            logger.info("%d checkpoints from step %d on are recorded anew", len(later), step)

    def _write(self, tensors: Parameters, step: int, loss: float) -> None:
        """Write a file, whole or not at all."""
        with replacing(self.folder / _NAME.format(step)) as temporary:
            save_file(tensors, temporary, metadata={"step": str(step), "loss": repr(loss)})


def _tensors(model: nn.Module) -> Parameters:
    """Return parameters and the buffers that a state dict has, each memory once, in CPU memory."""
    kept = set(model.state_dict())
    tensors = {
        **own_parameters(model),
        **{name: value for name, value in model.named_buffers() if name in kept},
    }
    for name, value in tensors.items():
        if hasattr(value, "full_tensor"):  # a DTensor, which takes a second to import
            raise LandscapeError(
                f"cannot record {name!r}: its values are spread over several processes",
                hint="let the trainer save whole checkpoints, in one folder; pca:FOLDER reads them",
            )
    return {plain_name(name): _whole(value) for name, value in tensors.items()}


def _whole(value: Tensor) -> Tensor:
    """Return a tensor in a piece of memory that is its own; parts of one buffer have none."""
    value = value.detach().cpu().contiguous()
    return value if value.untyped_storage().nbytes() == value.nbytes else value.clone()


def _check_architecture(tensors: Parameters, path: Path) -> None:
    """Refuse another model than that of a checkpoint."""
    with safe_open(path, framework="pt") as file:
        names = file.keys()
        found: dict[str, Any] = {n: tuple(file.get_slice(n).get_shape()) for n in names}
    expected = {name: tuple(value.shape) for name, value in tensors.items()}
    if found == expected:
        return
    name = next(n for n in {**expected, **found} if expected.get(n) != found.get(n))
    have, came = found.get(name, "nothing"), expected.get(name, "nothing")
    raise LandscapeError(
        f"{path.parent} holds a model of another architecture: {name!r} is {have} there and {came} "
        "here",
        hint="give another folder, or Tracker(folder, overwrite=True)",
    )
