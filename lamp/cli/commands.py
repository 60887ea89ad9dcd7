"""The commands of `lamp`."""

from lamp.cli.data import data
from lamp.cli.reproduce import reproduce
from lamp.cli.score import score
from lamp.cli.search import search
from lamp.cli.study import study
from lamp.cli.train import train
from landscape.cli.run import make_app

app = make_app(
    "lamp",
    "Loss amplification (LAMP) for reconstruction-based anomaly detection.",
    (study, train, search, score, reproduce, data),
)
