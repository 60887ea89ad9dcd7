"""Statistics of BatchNorm taken anew, against their definition."""

import torch
from torch import nn

from lamp.losses import BaseLoss
from lamp.models import Autoencoder
from lamp.models.batchnorm import batchnorms, frozen_statistics, recalibrate
from lamp.training import TrainingSettings, train

IMAGES = torch.rand(300, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def test_statistics_are_averages_over_batches_of_the_model_as_it_is():
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3))
    model[1](torch.randn(4, 3, 5, 5) * 100)  # what ran before has no say
    recalibrate(model.eval(), IMAGES)
    with torch.no_grad():
        found = [model[0](part).transpose(0, 1).flatten(1) for part in IMAGES.chunk(2)]
    mean = torch.stack([part.mean(1) for part in found]).mean(0)
    variance = torch.stack([part.var(1) for part in found]).mean(0)
    torch.testing.assert_close(model[1].running_mean, mean)
    torch.testing.assert_close(model[1].running_var, variance)
    assert not model.training
    assert model[1].momentum == 0.1


def test_other_models_are_left_alone():
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.BatchNorm2d(1, track_running_stats=False))
    before = [value.clone() for value in model.state_dict().values()]
    recalibrate(model, IMAGES)
    assert batchnorms(model) == []
    assert all(map(torch.equal, before, model.state_dict().values()))


def test_frozen_statistics_do_not_move_and_are_given_back():
    layer = nn.BatchNorm2d(1)
    with frozen_statistics([layer]), torch.no_grad():
        output = layer(IMAGES + 7)
    assert abs(float(output.mean())) < 1e-5  # normalized by the batch all the same
    assert (float(layer.running_mean), int(layer.num_batches_tracked)) == (0.0, 0)
    assert layer.momentum == 0.1


def test_a_training_ends_with_the_statistics_of_its_last_parameters():
    def trained(**settings):
        model = Autoencoder(16, depth=3, width=2, seed=1)
        train(model, BaseLoss("l2"), IMAGES, TrainingSettings(samples=512, **settings))
        return model

    model, running = trained(), trained(recalibrate=False)
    for one, other in zip(model.parameters(), running.parameters(), strict=True):
        assert torch.equal(one, other)
    recalibrate(running, IMAGES)
    for key, value in model.state_dict().items():
        assert torch.equal(value, running.state_dict()[key])
