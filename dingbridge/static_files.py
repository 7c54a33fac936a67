"""Where the browser modules are, and the version that stands in their URLs."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

A_YEAR = 365 * 24 * 3600  # seconds

_PACKAGE = Path(__file__).resolve().parent
# In a checkout the browser modules live in the top-level static/; a wheel carries them inside.
MODULES = _PACKAGE / "static" if (_PACKAGE / "static").is_dir() else _PACKAGE.parent / "static"


def static_version(folder: Path) -> str:
    """A short digest of every file in `folder`.

    It is part of the path of each module (`…/static/v-1a2b3c4d/bridge.js`), so that browsers may
    keep them for a year, a new release is seen at once, and modules that import each other by
    relative paths always come from one release.
    """
    digest = sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
