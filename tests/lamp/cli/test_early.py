"""Help is for people, and wrong words are refused before anything heavy is imported."""

from tests.commands import check_help, check_without_torch


def test_help_shows_nothing_of_its_parser(capsys, monkeypatch):
    assert "score" in check_help("lamp.cli.commands", capsys, monkeypatch)


def test_wrong_words_are_refused_before_torch_is_imported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "category" / "test").mkdir(parents=True)
    refused = [
        (["train", "no"], "no such file or folder: no"),
        (["train", "folder"], "expected normal images in folder/train/good"),
        (
            ["score", "file", "folder"],
            "in folder, got none: give files, a folder with",
        ),
        (["score", "file", "category"], "expected test images in category/test/<kind>, got no"),
        (["train", "folder", "--size", "100"], "expected size to be a multiple of 2^depth = 64"),
        (["train", "folder", "--kernel-size", "4"], "expected an odd kernel_size"),
        (["train", "folder", "--patches", "3"], "expected patches per side to be a power of two"),
        (["score", "file", "folder", "--limit", "3"], "--limit has no effect without --heatmaps"),
        (["search", "no"], "no such file or folder: no"),
        (["search", "digits", "--kernel-sizes", "3,4"], "expected an odd kernel_size"),
        (["search", "mnist"], "mnist needs --data-root"),
        (["study", "--losses", "l2,l3"], "expected losses among l2, l1, ssim, bce, l2-lamp"),
        (["study", "--losses", "l2-lamp:foo"], "one of literal, detached, author"),
        (["study", "--losses", "l2:author"], "expected losses among"),
        (["study", "--losses", "l2-lamp,l2-lamp:literal"], "at least one loss, each once"),
        (["study", "--batch-sizes", "a"], "--batch-sizes: input should be a valid integer"),
        (["study", "--data", "mnist"], "mnist needs --data-root, the folder that holds it"),
        (["study", "--data", "mnist", "--data-root", "no"], "no folder no"),
        (["study", "--out", "file"], "file is a file, not a folder"),
        (["reproduce", "table1"], "mnist needs --data-root"),
        (["reproduce", "table2"], "mvtec/screw needs --data-root"),
        (["reproduce", "fig2", "--out", "file"], "file is a file, not a folder"),
        (["reproduce", "table1", "--data-root", "no"], "no folder no"),
        (["data", "mnist", "--data-root", "file"], "file is a file, not a folder"),
    ]
    check_without_torch("lamp.cli.commands", refused)
