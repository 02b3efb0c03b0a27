"""One process at a time works in a run's folder."""

import errno

import pytest

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
