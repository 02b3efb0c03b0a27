"""One process at a time works in a run's folder."""

import errno
from pathlib import Path

import pytest

from oodflow.errors import OodflowError
from oodflow.ownership import LOCK, owned


def test_what_was_made_for_nothing_is_removed(tmp_path):
    with owned(tmp_path / "a/b/run"):
        assert (tmp_path / "a/b/run" / LOCK).exists()
    assert not (tmp_path / "a").exists()
    with owned(tmp_path / "a/b/run"):
        (tmp_path / "a/b/run/config.json").write_text("{}")
    assert [path.name for path in (tmp_path / "a/b/run").iterdir()] == ["config.json"]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_that_knows_no_locks_keeps_nobody_out(tmp_path, monkeypatch, number):
    def refuse(*arguments):
        raise OSError(number, "no locks here")

    monkeypatch.setattr("oodflow.ownership.fcntl.flock", refuse)
    with owned(tmp_path / "run"), owned(tmp_path / "run"):
        assert (tmp_path / "run").exists()


def test_a_folder_that_can_not_be_made_is_refused(tmp_path):
    """And not tried for ever: where a parent is a file, or what it lies in takes no folders."""
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "run", Path("/proc/oodflow/run")):
        with pytest.raises(OodflowError, match="could not write"), owned(folder):
            raise AssertionError("it was made")
