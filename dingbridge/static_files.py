"""Where the browser modules are, and the version that stands in their URLs."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from markupsafe import escape

A_YEAR = 365 * 24 * 3600  # seconds

_PACKAGE = Path(__file__).resolve().parent
# In a checkout the browser modules live in the top-level static/; a wheel carries them inside.
MODULES = _PACKAGE / "static" if (_PACKAGE / "static").is_dir() else _PACKAGE.parent / "static"

_IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*["']\./([\w./-]+)["']""", re.MULTILINE)


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


@cache
def imports(module: str) -> tuple[str, ...]:
    """Every module that a browser module imports, directly or through others, nearest first."""
    found = [module]
    for name in found:  # grows meanwhile
        source = (MODULES / name).read_text(encoding="utf-8")
        found += [other for other in dict.fromkeys(_IMPORT.findall(source)) if other not in found]
    return tuple(found[1:])


def preloads(base: str, module: str) -> str:
    """Link tags that fetch a module's imports at once; `base` is the URL path before their names.

    A browser learns what a module imports only when it has it: without these the bridge takes two
    more round trips. Those that do not know the relation (iOS before 17) pass over it.
    """
    return "".join(
        f'<link rel="modulepreload" href="{escape(base + name)}">\n' for name in imports(module)
    )
