"""The step that an optimizer has taken last, from its state."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.planes.along.determined import as_long_as_random, beside_random, settle_determined
from landscape.planes.along.made import Ground, Made
from landscape.planes.checkpoints import fit_checkpoint, read_checkpoint
from landscape.planes.names import plain_name
from landscape.planes.parameters import Parameters, fingerprint
from landscape.settings import GridSettings

logger = logging.getLogger("landscape")

Entries = Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]
"""For each parameter its state, and the settings of its group."""

_KNOWN = "SGD with momentum, Adam and AdamW"


@checked
@dataclass(frozen=True, eq=False)
class Update:
    r"""The optimizer's own direction: momentum of SGD, or the step of Adam or AdamW.

    SGD: minus the learning rate times the momentum buffer. Adam: minus the learning rate times
    $\hat m / (\sqrt{\hat v} + \epsilon)$; AdamW adds its decay. Of Adam and AdamW, and of SGD
    without Nesterov's look ahead, that is the last step taken, to a number for all of it.

    Args:
        optimizer: Of torch; or a checkpoint with its state dict as `optimizer`,
            `optimizer_state_dict` or `optimizer_states`.
    """

    optimizer: torch.optim.Optimizer | str | Path

    @classmethod
    def parse(cls, rest: str) -> "Update":
        """Read what stands after the colon: a checkpoint."""
        if not rest:
            raise LandscapeError(
                "expected a checkpoint after update:, got none",
                hint="update:last.pt, which holds the state of the optimizer, too",
            )
        return cls(Path.cwd() / rest)  # build() may change the folder

    @property
    def text(self) -> str:
        """What a file calls it."""
        return f"update:{self.name}"

    @property
    def name(self) -> str:
        """Of the file, or of the optimizer's class."""
        if isinstance(self.optimizer, str | Path):
            return Path(self.optimizer).name
        return type(self.optimizer).__name__

    def settle(self, grid: GridSettings) -> GridSettings:
        """Ask for one line, or for replicates of the second direction."""
        return settle_determined(grid)

    def make(self, ground: Ground) -> Made:
        """Find the step in the optimizer's state."""
        space = ground.space
        step = _step(self.name, self._entries(space.model), space.center)
        first = as_long_as_random(step, "update", ground)
        digest = fingerprint(step)
        files = {self.name: digest} if isinstance(self.optimizer, str | Path) else {}
        recipe = f"{self.text} {digest}"
        return beside_random(first, "optimizer's update", ground, recipe=recipe, files=files)

    def _entries(self, model: nn.Module) -> Entries:
        """Return for each parameter its state, and the settings of its group."""
        if isinstance(self.optimizer, torch.optim.Optimizer):
            names = {id(value): name for name, value in model.named_parameters()}
            found = {}
            for group in self.optimizer.param_groups:
                for value in group["params"]:
                    if id(value) not in names:
                        raise LandscapeError(
                            f"the {self.name} given is of another model: its parameters are not "
                            "those of problem.model",
                            hint="give Problem the very model that the optimizer trains",
                        )
                    found[names[id(value)]] = (self.optimizer.state.get(value, {}), group)
            return found
        checkpoint = read_checkpoint(self.optimizer)
        if checkpoint.optimizer is None:
            raise LandscapeError(
                f"{self.name} holds no optimizer",
                hint="save {'model': ..., 'optimizer': optimizer.state_dict()}",
            )
        if checkpoint.tensors:
            there = fit_checkpoint(checkpoint, model).parameters
            here = dict(model.named_parameters())
            if any(
                not torch.equal(v, here[n].detach().cpu().to(v.dtype)) for n, v in there.items()
            ):
                logger.warning(
                    "%s holds other parameters than the center: its optimizer was elsewhere",
                    self.name,
                )
        return _named_entries(self.name, checkpoint.optimizer, model)


def _named_entries(name: str, stored: Mapping[str, Any], model: nn.Module) -> Entries:
    """Find the parameters of a stored optimizer by name, or by the order of one group."""
    groups: Sequence[Mapping[str, Any]] = stored.get("param_groups", ())
    state: Mapping[Any, Mapping[str, Any]] = stored.get("state", {})
    named = dict(model.named_parameters())
    trained = [n for n, value in named.items() if value.requires_grad]
    keys = [key for group in groups for key in group["params"]]
    if groups and all("param_names" in group for group in groups):
        plain = {plain_name(n): n for n in named}
        given = [plain_name(n) for group in groups for n in group["param_names"]]
        names = [plain.get(n, n) for n in given]
    elif len(groups) == 1:
        names = list(named) if len(keys) == len(named) else trained
    else:
        raise LandscapeError(
            f"the optimizer in {name} has {len(groups)} groups without names: it is not known "
            "which parameters are whose",
            hint="make the optimizer of model.named_parameters(), or give it from Python",
        )
    if len(names) != len(keys) or set(names) - set(named):
        raise LandscapeError(
            f"the optimizer in {name} is of another model: it has {len(keys)} parameters, this "
            f"model {len(named)}"
        )
    entries = {}
    settings = [group for group in groups for _ in group["params"]]
    for key, own, group in zip(keys, names, settings, strict=True):
        entry = state.get(key, {})
        for value in entry.values():
            if isinstance(value, Tensor) and value.ndim and value.shape != named[own].shape:
                raise LandscapeError(
                    f"the optimizer in {name} is of another model: expected state of shape "
                    f"{tuple(named[own].shape)} for {own!r}, got {tuple(value.shape)}"
                )
        entries[own] = (entry, group)
    return entries


def _step(name: str, entries: Entries, center: Mapping[str, Tensor]) -> Parameters:
    """Return the last step of all that moves."""
    if not any(entry for entry, _ in entries.values()):
        raise LandscapeError(
            f"the optimizer in {name} has no state: it has taken no step, or keeps none",
            hint=f"{_KNOWN} have one; along='gradient' (--along gradient) needs none",
        )
    still = all(float(group["lr"]) == 0 for _, group in entries.values())  # a schedule has ended
    result = {}
    for own, value in center.items():
        dtype = torch.promote_types(value.dtype, torch.float32)
        entry, group = entries.get(own, ({}, {}))
        theta = value.detach().cpu().to(dtype)
        if entry and value.is_floating_point():
            group = {**group, "lr": 1.0} if still else group
            result[own] = _of_tensor(name, entry, group, theta)
        else:
            result[own] = torch.zeros_like(theta)
    return result


def _of_tensor(
    name: str, entry: Mapping[str, Any], group: Mapping[str, Any], theta: Tensor
) -> Tensor:
    """Return the last step of one tensor."""
    state = {
        key: value.detach().cpu().to(theta.dtype)
        for key, value in entry.items()
        if isinstance(value, Tensor) and value.ndim == theta.ndim
    }
    rate = float(group["lr"])
    if "momentum_buffer" in state and "exp_avg" not in state:
        return -rate * state["momentum_buffer"]
    if not {"exp_avg", "exp_avg_sq"} <= set(state) or "betas" not in group:
        raise LandscapeError(
            f"the optimizer in {name} is none of those known, which are {_KNOWN}",
            hint="store its direction yourself: --along file:direction.safetensors",
        )
    beta1, beta2 = map(float, group["betas"])
    count = float(entry["step"])
    second = state.get("max_exp_avg_sq", state["exp_avg_sq"])
    first = state["exp_avg"] / (1 - beta1**count)
    moved = rate * first / ((second / (1 - beta2**count)).sqrt() + float(group["eps"]))
    decay = rate * float(group.get("weight_decay", 0)) * bool(group.get("decoupled_weight_decay"))
    # theta = before (1 - decay) - moved: before is known, and the step with it.
    step: Tensor = theta - (theta + moved) / (1 - decay) if decay else -moved
    return step
