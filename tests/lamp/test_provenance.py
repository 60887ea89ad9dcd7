"""How numbers came to be is told of this program, wherever it is called."""

from lamp import provenance as room
from landscape.provenance import git_commit


def test_the_commit_is_that_of_the_program_and_not_of_the_folder(tmp_path, monkeypatch):
    here = room.provenance()["git"]
    monkeypatch.chdir(tmp_path)

    assert room.provenance()["git"] == here == git_commit(room._ROOT)
    monkeypatch.setattr(room, "_ROOT", tmp_path)
    assert room.provenance()["git"] == "none"
