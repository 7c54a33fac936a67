"""dingbridge.private_folder: folders that belong to this app alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dingbridge.errors import SettingsError
from dingbridge.private_folder import private_folder


def test_a_folder_is_made_for_the_owner_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_only_read_is_taken(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert private_folder(tmp_path) == tmp_path


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_write_to_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod go-w {tmp_path}"):
        private_folder(tmp_path)


def test_the_command_does_mend_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(SettingsError) as refused:
        private_folder(tmp_path)
    assert os.system(refused.value.faults[0].where.split("run: ")[1]) == 0  # noqa: S605
    assert private_folder(tmp_path) == tmp_path


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(SettingsError, match="chown"):
        private_folder(tmp_path)


def test_root_may_look_after_anybodys_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert private_folder(tmp_path) == tmp_path


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SettingsError, match="taken"):
        private_folder(tmp_path / "taken" / "inner")
