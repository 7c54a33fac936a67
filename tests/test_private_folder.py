"""dingbridge.private_folder: folders that belong to this app alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dingbridge.errors import SettingsError
from dingbridge.failure_shelves import FileShelves
from dingbridge.openapi.pause_file import Pause, PauseFile
from dingbridge.private_folder import give_to_owner, private_folder


def test_a_folder_is_made_for_the_owner_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_root_makes_belongs_to_the_owner_of_the_folder_that_it_lies_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Path, int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        os, "chown", lambda path, user, group, **_: given.append((path, user, group))
    )
    owner = tmp_path.stat()
    private_folder(tmp_path / "instance" / "locks")
    private_folder(tmp_path / "instance" / "locks")  # there already: not root's to give
    assert given == [
        (tmp_path / "instance", owner.st_uid, owner.st_gid),
        (tmp_path / "instance" / "locks", owner.st_uid, owner.st_gid),
    ]


def test_where_no_folder_can_be_made_another_one_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SettingsError) as caught:
            private_folder(path)
        (fault,) = caught.value.faults
        assert fault.name == "DING_INSTANCE"
        assert str(path) in fault.wrong
        assert "mkdir" not in fault.where


def test_a_folder_that_others_may_read_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert private_folder(tmp_path) == tmp_path
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_a_command_notes_as_root_belongs_to_the_app_s_user(tmp_path: Path) -> None:
    os.chown(tmp_path, 4242, 4242)
    FileShelves(tmp_path, "app").add("server", 0.0, "sealed")
    PauseFile(tmp_path / "pauses.json").change("app", lambda _: Pause(1.0, 2.0, 1, "90018"))
    made = list(tmp_path.iterdir())
    assert len(made) == 3
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(4242, 4242)}


def test_for_anybody_else_nothing_changes_hands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid or 1)
    monkeypatch.setattr(os, "chown", lambda *_, **__: pytest.fail("something changed hands"))
    give_to_owner(tmp_path)


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_write_to_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod go-w {tmp_path}"):
        private_folder(tmp_path)


@pytest.mark.parametrize("name", ["app", "my app", "it's; $(here)"])
def test_the_command_does_mend_it(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(SettingsError) as refused:
        private_folder(folder)
    assert os.system(refused.value.faults[0].where.split("run: ")[1]) == 0  # noqa: S605
    assert private_folder(folder) == folder


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    user = tmp_path.stat().st_uid + 1
    with pytest.raises(SettingsError, match=f"sudo chown -R {user} "):
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
