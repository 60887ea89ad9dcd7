"""What a kernel of Jupyter shows: each result by itself, and progress while there is none."""

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

_SETUP = """
import logging, time, torch, landscape as ls
torch.manual_seed(0)
def problem(seconds=0.0):
    model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    def loss(model, x):
        time.sleep(seconds)
        return model(x).square().mean(1)
    return ls.Problem(model, loss, [torch.randn(32, 3)])
one, other = problem(), problem()
surface = ls.compute(one, planes=3, steps=9, workers=1)
"""
_CELLS = [
    _SETUP,
    "surface",
    "ls.summarize(surface)",
    "ls.compare(surface, ls.compute(other, planes=3, steps=9, workers=1), names=['<i>a', 'b'])",
    "ls.barrier(one, other.model, steps=5)",
    "ls.hessian_eigenvalues(one, count=2)",
    "slow = ls.compute(problem(0.02), planes=1, steps=11, workers=1)",
]


@pytest.fixture(scope="module")
def outputs():
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in _CELLS])
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
    return [cell.outputs for cell in book.cells]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of jupyter_client and zmq
def test_results_show_themselves(outputs):
    silent, (surface,), *tables, _ = outputs
    bundles = [table[-1].data for table in tables]

    assert not silent  # a second of work needs no bar
    assert surface.data["image/png"].startswith("iVBOR")
    assert surface.data["text/plain"].startswith("Surface(3 planes of 9 x 9 points")
    assert "text/html" not in surface.data  # front ends would take it instead of the picture
    for bundle in bundles:
        assert "<table>" in bundle["text/html"]
        assert len(bundle["text/html"]) < 8000
        assert len(bundle["text/plain"]) < 600
    assert "&lt;i&gt;a" in bundles[1]["text/html"]
    assert "<script" not in str(bundles)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_progress_moves_in_one_place_and_leaves_a_line(outputs):
    (shown,) = outputs[-1]

    assert shown.output_type == "display_data"
    assert shown.data["text/plain"].startswith("computing: 121 of 121, ")
    assert "<progress" not in shown.data["text/html"]
