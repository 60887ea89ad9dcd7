"""Which categories a table is made of."""

import shutil

import pytest

from lamp.reproduce.table2.categories import find_categories


def test_a_category_is_described(category):
    (found,) = find_categories(category.parent)
    assert (found.name, found.folder, found.channels) == ("tiles", "tiles", 1)


@pytest.mark.parametrize("removed", ["good", "spot,hole"])
def test_a_category_without_both_kinds_of_test_images_is_named(category, removed):
    shutil.rmtree(category / "ground_truth")
    for kind in removed.split(","):
        shutil.rmtree(category / "test" / kind)
    expected = "expected normal and anomalous test images in .*tiles/test, which AUROC needs, got "
    with pytest.raises(ValueError, match=expected + ("hole" if removed == "good" else "good")):
        find_categories(category.parent)
