"""`lamp train`: a detector from a folder of normal images."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lamp.cli.notes import check_text, count_kinds, note
from lamp.cli.settings import DetectorSettings, Device
from landscape.cli.paths import check_inputs, check_output
from landscape.cli.progress import progress_reporter
from landscape.cli.terminal import say, shown

if TYPE_CHECKING:
    from lamp.data import ImageFolder


def train(
    folder: Path,
    /,
    *,
    out: Path = Path("model.safetensors"),
    device: Device = "auto",
    settings: Annotated[DetectorSettings | None, Parameter(name="*")] = None,
) -> None:
    """Train an autoencoder on normal images and hold some out, for `lamp score`.

    An interrupted training goes on when the same command is given again.

    Args:
        folder: Category in MVTec layout: train/good, and test/KIND, ground_truth/KIND
            where there are any; or any folder of good images.
        out: Checkpoint to write, ends in .safetensors.
        device: Where to train; auto takes CUDA where there is one.
        settings: How to train.
    """
    check_inputs([folder])
    check_output(out, (".safetensors",), "a checkpoint")
    check_text(out, "a checkpoint")

    from lamp.data.layout import find_layout

    find_layout(folder)  # what is not there is said before torch is imported

    from lamp.cli.parts import loss_settings, make_plan, model_settings, shrink_batch
    from lamp.data import load_folder
    from lamp.detection import fit_detector, normal_threshold
    from lamp.losses.settings import make_loss
    from lamp.models.settings import make_model
    from landscape.running.resources import resolve_device

    chosen = settings or DetectorSettings()
    place = resolve_device(device)
    make_model(model_settings(chosen, chosen.channels or 1))  # refuses before images are read
    with progress_reporter("reading images") as report:
        images = load_folder(
            folder,
            size=chosen.size,
            channels=chosen.channels,
            progress=report,
        )
    note(images.notes)
    trained_on = _say_split(images, chosen)
    chosen = shrink_batch(chosen, "batch_size", trained_on)
    model = make_model(model_settings(chosen, images.train.channels), seed=chosen.seed)
    with progress_reporter(f"training {chosen.loss.upper()}") as report:
        detector = fit_detector(
            model.to(place),
            make_loss(loss_settings(chosen)),
            images.train,
            make_plan(chosen, trained_on),
            path=out,
            fraction=chosen.held_out,
            progress=report,
        )
    note(detector.notes)
    threshold = normal_threshold(detector.held_out)
    say(
        f"{shown(out)}: {detector.info['steps']} steps, "
        f"{detector.info['history']['samples'][-1]} images seen; threshold {threshold.value:.4g} "
        f"(a normal image exceeds it with probability at most {threshold.false_alarms:.3g})"
    )


def _say_split(images: "ImageFolder", settings: DetectorSettings) -> int:
    """Print how the images are divided and what that promises; return how many are trained on."""
    from lamp.data import hold_out
    from lamp.detection.decisions import about_threshold

    count = len(images.train.images)
    train, held_out = hold_out(count, settings.held_out, seed=settings.seed)
    test = "none" if images.test is None else count_kinds(images.test.kinds or ())
    say(f"{shown(images.name)}: {count} normal images to train on or hold out; test: {test}")
    say(f"train {len(train)}, held out {len(held_out)} (seed {settings.seed})")
    note(about_threshold(len(held_out)))
    return len(train)
