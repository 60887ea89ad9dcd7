"""Train a reconstruction model; continue where an interrupted training was."""

from pathlib import Path

from torch import Tensor, nn

from lamp.checkpoint import check_suffix, json_beside, save_checkpoint
from lamp.training.identity import identify
from lamp.training.loop import Loss, Progress, Run, advance, prepared
from lamp.training.randomness import seeded
from lamp.training.resume import PartialSaver, adopt, describe
from lamp.training.settings import History, TrainingSettings
from landscape.files import locked, resolve, sweep


def train(
    model: nn.Module,
    loss: Loss,
    images: Tensor | tuple[Tensor, Tensor],
    settings: TrainingSettings,
    *,
    path: str | Path | None = None,
    progress: Progress | None = None,
    save_every: float = 30.0,
    until: int | None = None,
) -> History:
    """Train a model in place to reconstruct images.

    With a `path`, call it again after an interruption, with the same arguments and a model built
    the same way: it goes on where it was and comes to the same parameters bit for bit (on a CPU,
    with the same number of threads), also where the model draws at random, as Dropout does. A
    finished training is loaded, not repeated. While it runs, its state is in
    `<name>.partial.safetensors`; `path` and the JSON beside it appear at its end.

    Args:
        model: Maps (N, C, H, W) to the same shape. Trained where it is, on its device; its
            train/eval mode is left as found.
        loss: `loss(reconstruction, images)`, a scalar: `LampLoss`, `BaseLoss`, or any callable;
            or a `NormMatched`. A training is recognised by all that is in its loss: settings,
            captured values, tensors, code. What it remembers in buffers, such as a
            `RunningMaximum`, is kept and taken up with the rest.
        images: Normal images, shape (N, C, H, W), float. To learn something else than to
            reconstruct them, a pair of images and targets, one for each image, such as the
            one-hot labels of a `Classifier`: the loss is then `loss(model(images), targets)`.
        settings: How to train. Its seed is also that of the global random states meanwhile.
        path: Checkpoint, ends in `.safetensors`. By default nothing is written.
        progress: Called as `progress(samples done, samples in all, {"loss": ..., "step": ...})`
            every 512 samples or each step, whichever is more.
        save_every: Seconds between two states on disk. The default loses little and costs less.
            It does not change the result.
        until: Stop as soon as so many samples have been seen, and leave the state on disk: a later
            call goes on from there to the same bits. The model is then as it is in the middle of a
            training. By default it trains to its end.

    Returns:
        Losses and counts.

    Raises:
        ValueError: If there are no images, targets of another number, nothing to train, or `path`
            belongs to a training with other settings, or is damaged, or another's file has the name
            of the JSON; if it is to stop without one.
        BlockingIOError: If another process trains at this path.
        FloatingPointError: If the loss becomes NaN or infinite; it names the step.

    Example:
        >>> from lamp.data import load_digits, one_vs_rest
        >>> from lamp.losses import LampLoss
        >>> from lamp.models import Autoencoder
        >>> task = one_vs_rest(load_digits(16), 3)
        >>> model = Autoencoder(16, width=4)
        >>> settings = TrainingSettings(batch_size=32, samples=1024)
        >>> history = train(model, LampLoss(), task.train, settings)
        >>> history.steps, history.samples.tolist(), bool(history.loss[1] < history.loss[0])
        (32, [512, 1024], True)
    """
    images, targets = images if isinstance(images, tuple) else (images, None)
    _check(model, images, targets)
    images = images.detach()  # steps must not go back to what they came from
    if path is not None:
        check_suffix(Path(path))
    if until is not None and (path is None or until < 1):
        raise ValueError(
            f"expected a path, to go on from it later, and at least 1 sample to stop after, got "
            f"{path} and {until}"
        )
    device = next(model.parameters()).device
    with (
        seeded(settings.seed, device) as outside,
        prepared(model, loss, (images, targets), settings) as run,
    ):
        told = None if progress is None else outside(progress)
        if path is None:
            advance(run, told)
        else:
            with locked(path):
                _train_on_disk(run, resolve(path), told, save_every, until)
    return run.history()


def _train_on_disk(
    run: Run, path: Path, progress: Progress | None, save_every: float, until: int | None
) -> None:
    """Train from where the files at `path` are, and leave there how far it came."""
    partial = path.with_suffix(".partial.safetensors")
    for beside in (partial, path.with_suffix(".json")):
        sweep(beside)
    identity = identify(run)
    if path.is_file():
        adopt(run, path, identity)
    else:
        json_beside(path)  # refused now, and not after hours
        if partial.is_file():
            adopt(run, partial, identity)
        saver = PartialSaver(run, partial, identity, save_every)
        advance(run, progress, saver, until)
        if run.step < run.settings.steps:
            saver.write()
            return
        save_checkpoint(path, run.model, describe(run, identity))
    partial.unlink(missing_ok=True)


def _check(model: nn.Module, images: Tensor, targets: Tensor | None) -> None:
    """Raise a ValueError if there is nothing to train, or nothing to train it on."""
    tensor = isinstance(images, Tensor)
    if not tensor or images.ndim != 4 or len(images) == 0 or not images.is_floating_point():
        raise ValueError(
            "expected float images of shape (N, C, H, W), N > 0, got "
            + (f"{tuple(images.shape)} in {images.dtype}" if tensor else type(images).__name__)
        )
    if targets is not None and (targets.ndim == 0 or len(targets) != len(images)):
        raise ValueError(
            f"expected one target for each of {len(images)} images, got shape "
            f"{tuple(targets.shape)}"
        )
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(
            "expected a model with parameters to train, got none that requires a gradient"
        )
    dtype = next(model.parameters()).dtype
    if images.dtype != dtype:
        raise ValueError(
            f"expected images in {dtype}, as the model's parameters are, got {images.dtype}: give "
            f"images.to({dtype})"
        )
