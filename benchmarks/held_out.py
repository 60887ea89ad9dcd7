"""The held-out half of the surfaces of networks: kinds that are not among those tuned on."""

from collections.abc import Iterator
from functools import partial

from sklearn.datasets import load_breast_cancer, load_diabetes
from torch import nn
from torch.nn import functional

from benchmarks import kinds, models
from benchmarks.cases import Case
from benchmarks.kinds import Kind


def _tabular(activation: type[nn.Module], inputs: int, outputs: int = 1) -> nn.Module:
    """Make a perceptron for a table."""
    return nn.Sequential(
        nn.Linear(inputs, 24), activation(), nn.Linear(24, 24), activation(), nn.Linear(24, outputs)
    )


def _normed(activation: type[nn.Module]) -> nn.Module:
    """Make a perceptron with layer normalization."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 32), nn.LayerNorm(32), activation(), nn.Linear(32, 10)
    )


def _separable() -> nn.Module:
    """Make depthwise separable convolutions with max pooling."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 1, 1),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, 1, 1, groups=16),
        nn.Conv2d(16, 24, 1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(24 * 16, 10),
    )


_CLASSIFY = models.classify
_CANCER, _DIABETES = (kinds.table(load) for load in (load_breast_cancer, load_diabetes))

KINDS: dict[str, Kind] = {
    "gru": Kind(partial(kinds.Rows, nn.GRU), models.digits, _CLASSIFY),
    "lstm": Kind(partial(kinds.Rows, nn.LSTM), models.digits, _CLASSIFY),
    "rnn": Kind(partial(kinds.Rows, nn.RNN), models.digits, _CLASSIFY),
    "language": Kind(kinds.Speaker, kinds.tokens, kinds.next_token, steps=500),
    "vae": Kind(kinds.Variational, models.digits, kinds.elbo),
    "pinn": Kind(partial(_tabular, nn.Tanh, 1), kinds.line, kinds.physics, steps=600),
    "mixer": Kind(kinds.Mixer, models.digits, _CLASSIFY),
    "unet": Kind(kinds.UNet, models.digits, kinds.denoise),
    "grouped-tied-gru": Kind(kinds.Grouped, models.digits, kinds.per_image(functional.mse_loss)),
    "contrastive": Kind(models.mlp, models.digits, kinds.contrast),
    "triplet": Kind(models.mlp, models.digits, kinds.triplet),
    "focal": Kind(models.mlp, models.digits, kinds.focal),
    "tabular-binary": Kind(
        partial(_tabular, nn.ReLU, 30),
        _CANCER,
        kinds.regress(
            lambda x, y: functional.binary_cross_entropy_with_logits(
                x, y.gt(0).to(x), reduction="none"
            )
        ),
    ),
    "tabular-huber": Kind(
        partial(_tabular, nn.SiLU, 10),
        _DIABETES,
        kinds.regress(partial(functional.huber_loss, reduction="none")),
    ),
    "tabular-pinball": Kind(
        partial(_tabular, nn.ReLU, 10), _DIABETES, kinds.regress(kinds.pinball)
    ),
    "tabular-l1": Kind(
        partial(_tabular, nn.ELU, 10),
        _DIABETES,
        kinds.regress(partial(functional.l1_loss, reduction="none")),
    ),
    "layernorm-silu": Kind(partial(_normed, nn.SiLU), models.digits, _CLASSIFY),
    "sine": Kind(
        kinds.Waves,
        kinds.places,
        kinds.regress(partial(functional.mse_loss, reduction="none")),
        steps=600,
    ),
    "separable": Kind(_separable, models.digits, _CLASSIFY),
    "experts-jump": Kind(kinds.Experts, models.digits, _CLASSIFY),
    "few-samples": Kind(models.mlp, models.digits, _CLASSIFY, samples=4),
    "long-trained": Kind(models.mlp, models.digits, _CLASSIFY, steps=4000),
    "reconstruct-l1": Kind(kinds.UNet, models.digits, kinds.per_image(functional.l1_loss)),
    "staircase-16": Kind(models.mlp, models.digits, _CLASSIFY, lens=kinds.quantised(16)),
    "staircase-4": Kind(models.mlp, models.digits, _CLASSIFY, lens=kinds.quantised(4)),
    "wrong-share": Kind(models.mlp, models.digits, _CLASSIFY, lens=kinds.wrong),
}


def held_out_networks() -> Iterator[Case]:
    """Yield each kind twice: trained from two seeds, in planes of two seeds, two radii."""
    for name, kind in KINDS.items():
        for seed in range(2):
            settings = {"seed": 100 + seed, "radius": (1.0, 0.5)[seed]}
            yield Case(f"{name}-{seed}", partial(kind, seed), settings)
