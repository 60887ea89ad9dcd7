"""Surfaces of some parameters against an evaluation by `functional_call`, and their files."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.utils import parametrizations

from landscape.errors import LandscapeError, SettingsMismatchError
from landscape.loading import load_problem
from landscape.planes import ParameterSpace, Plane, RandomPlanes
from landscape.problem import Problem
from landscape.sampling import compute


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.body = nn.Embedding(5, 4), nn.Linear(4, 4)
        self.head = nn.Linear(4, 5)
        self.head.weight = self.embedding.weight

    def forward(self, x):
        return self.head(self.body(self.embedding(x)).tanh())


class Adapted(nn.Module):
    """A frozen layer with a low-rank adapter (Hu et al. 2021)."""

    def __init__(self):
        super().__init__()
        self.base = nn.Linear(6, 3).requires_grad_(False)
        self.lora_A, self.lora_B = nn.Linear(6, 2, bias=False), nn.Linear(2, 3, bias=False)

    def forward(self, x):
        return self.base(x) + self.lora_B(self.lora_A(x))


class Last(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer, self.head = layer, nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.layer(x)[0])


IMAGES, SERIES = (8, 3, 6, 6), (8, 5, 4)
MODELS = {
    "perceptron": (
        lambda: nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2)),
        (8, 6),
        {"only": ["0"]},
    ),
    "convolutions and BatchNorm": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3)),
        IMAGES,
        {"freeze": ["3"], "vectors": "random"},
    ),
    "BatchNorm alone": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten()),
        IMAGES,
        {"only": ["1"]},
    ),
    "transposed convolutions": (
        lambda: nn.Sequential(nn.ConvTranspose2d(3, 4, 3, groups=1), nn.ConvTranspose2d(4, 2, 2)),
        IMAGES,
        {"only": ["*.weight"], "normalize": "layer"},
    ),
    "recurrent": (
        lambda: Last(nn.LSTM(4, 4, batch_first=True)),
        SERIES,
        {"only": ["layer.weight_hh*"], "orthogonal": True},
    ),
    "attention": (
        lambda: nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, dropout=0.0),
        SERIES,
        {"only": ["self_attn"], "normalize": "weight"},
    ),
    "tied embedding": (Tied, None, {"only": ["head.weight"]}),
    "weight norm": (
        lambda: nn.Sequential(parametrizations.weight_norm(nn.Linear(6, 5)), nn.Linear(5, 2)),
        (8, 6),
        {"only": ["0"], "normalize": "unit"},
    ),
    "adapter": (Adapted, (8, 6), {"trainable": True, "normalize": "none"}),
}


def problem(make, shape) -> Problem:
    torch.manual_seed(1)
    x = torch.randint(5, (8, 3)) if shape is None else torch.randn(shape, dtype=torch.float64)
    loss = lambda model, x: model(x).square().flatten(1).mean(1)  # noqa: E731, travels
    return Problem(make().double(), loss, [x[:6], x[6:]])


@pytest.mark.parametrize(("make", "shape", "options"), MODELS.values(), ids=MODELS)
def test_every_point_is_that_of_a_plain_evaluation(make, shape, options):
    task = problem(make, shape)
    surface = compute(task, planes=2, steps=3, workers=1, radius=0.7, **options)
    choice = {
        key: options[key] for key in ("only", "freeze", "trainable", "vectors") if key in options
    }
    drawing = {key: options[key] for key in ("normalize", "orthogonal") if key in options}
    space = ParameterSpace(task.model, **choice)
    assert len(space.moving) < len(dict(task.model.named_parameters()))
    model = task.model.eval()
    for number, plane in enumerate(RandomPlanes(space, 2, **drawing)):
        np.testing.assert_allclose(surface.gram[number], plane.gram, rtol=1e-12)
        for j, beta in enumerate(surface.beta):
            for i, alpha in enumerate(surface.alpha):
                point = plane.at(float(alpha), float(beta))
                call = partial(functional_call, model, point)
                with torch.no_grad():
                    values = torch.cat([task.loss(call, x) for x in task.batches])
                assert surface.loss[number, j, i] == pytest.approx(float(values.mean()), rel=1e-6)


def test_the_file_knows_what_moves(tmp_path):
    make, shape, _ = MODELS["perceptron"]
    task, path = problem(make, shape), tmp_path / "part.h5"
    small = {"planes": 1, "steps": 3, "workers": 1, "path": path}
    found = compute(task, only=["0"], **small)
    assert found.config["only"] == ["0"]
    assert "freeze" not in found.config
    assert (found.metadata["moving"], found.metadata["parameters"]) == (30, 47)
    report = {r["name"]: r["action"] for r in json.loads(found.metadata["normalization_report"])}
    assert report == {
        "0.weight": "filter-normalized",
        "0.bias": "zeroed",
        "2.weight": "frozen",
        "2.bias": "frozen",
    }
    np.testing.assert_array_equal(compute(task, only="0", **small).loss, found.loss)
    with pytest.raises(SettingsMismatchError, match=r"with only = \[\"0\"\], not \"nothing\""):
        compute(task, **small)
    with pytest.raises(SettingsMismatchError, match='trainable = "nothing", not true'):
        compute(task, only=["0"], trainable=True, **small)


def test_values_do_not_depend_on_who_evaluates(tmp_path):
    (tmp_path / "problem.py").write_text(
        "import torch\n"
        "from torch import nn\n"
        "from landscape import Problem\n"
        "def loss(model, x):\n"
        "    return model(x).square().mean(1)\n"
        "def build():\n"
        "    torch.manual_seed(0)\n"
        "    return Problem(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)), loss, "
        "[torch.randn(5, 3)])\n"
    )
    task = load_problem(f"{tmp_path / 'problem.py'}:build")
    options = {"planes": 2, "steps": 3, "only": ["1"], "orthogonal": True}
    one, two = (compute(task, workers=workers, **options) for workers in (1, 2))
    np.testing.assert_array_equal(one.loss, two.loss)


def test_a_line_to_a_checkpoint_moves_what_was_chosen(tmp_path):
    make, shape, _ = MODELS["perceptron"]
    task = problem(make, shape)
    end = problem(make, shape).model
    with torch.no_grad():
        for value in end.parameters():
            value.add_(1.0)
    torch.save(end.state_dict(), tmp_path / "b.pt")
    path = f"to:{tmp_path / 'b.pt'}"
    surface = compute(task, along=path, only=["2"], steps=5, workers=1)
    mixed = problem(make, shape)
    mixed.model[2].load_state_dict(end[2].state_dict())
    with torch.no_grad():
        values = torch.cat([task.loss(mixed.model, x) for x in task.batches])
    at_end = surface.loss[0, 0, np.flatnonzero(surface.alpha == 1)]
    assert at_end == pytest.approx(float(values.mean()), rel=1e-12)


def test_planes_of_your_own_go_through_what_moves():
    make, shape, _ = MODELS["perceptron"]
    task = problem(make, shape)
    space = ParameterSpace(task.model, only=["2.weight"])
    ones = {name: torch.ones_like(value) for name, value in space.center.items()}
    own = [Plane(space.center, (ones,))]
    surface = compute(task, planes=own, only=["2.weight"], steps=3, workers=1)
    assert surface.metadata["moving"] == 10
    with pytest.raises(LandscapeError, match=r"missing from the second") as caught:
        compute(task, planes=own, steps=3, workers=1)
    assert "ParameterSpace(model, only=...).center" in caught.value.hint
