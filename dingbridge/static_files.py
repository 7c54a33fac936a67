"""Where the browser modules are, and the version that stands in their URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from markupsafe import escape

A_YEAR = 365 * 24 * 3600  # seconds

_PACKAGE = Path(__file__).resolve().parent
# In a checkout the browser modules live in the top-level static/; a wheel carries them inside.
MODULES = _PACKAGE / "static" if (_PACKAGE / "static").is_dir() else _PACKAGE.parent / "static"

# A copy of all of it, made by assets/build_modules.mjs, in which few modules do for many.
BUILT = "vendor/built"
_IMPORT = re.compile(r"""(?:^|;)(?:import|export)\b[^"';]*["']\./([\w./-]+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class StaticFiles:
    """The files that pages name: their URL path (with a slash at its end) and their folder.

    `version` stands in the path. `has_sdk` says that bridge.js brings the client SDK with it, so
    that a page names no other.
    """

    path: str
    folder: Path
    version: str
    has_sdk: bool

    @classmethod
    def find(cls, base: str, folder: Path = MODULES, *, own_sdk: bool = True) -> StaticFiles:
        """The files of `folder` as they are served under the URL path `base`.

        The path holds a digest of all of them (`/static/v-1a2b3c4d5e6f/`): browsers may keep what
        lies below for a year, a new release is seen at once, and modules that import each other by
        relative paths always come from one release. It leads to the built copy, if that was made
        of the very files that are there: a source that has been changed is served itself until
        the next build, and so are all of them where the SDK comes from elsewhere (`own_sdk`).
        """
        version = static_version(folder)
        path = f"{base}/v-{version}/"
        if own_sdk and _has_built(folder):
            return cls(f"{path}{BUILT}/", folder / BUILT, version, has_sdk=True)
        return cls(path, folder, version, has_sdk=False)

    @property
    def lacks_sdk(self) -> bool:
        """Whether the SDK is neither in bridge.js nor beside it, as in a wheel."""
        return not self.has_sdk and not (self.folder / "vendor/dingtalk.js").is_file()

    def imports(self, module: str) -> tuple[str, ...]:
        """Every module that `module` imports, directly or through others, nearest first."""
        return _imports(self.folder, module)

    def preloads(self, root: str, module: str) -> str:
        """Link tags that fetch a module and its imports at once, after the URL path `root`.

        A browser learns what a module imports only when it has it: without these the bridge takes
        two more round trips. Those that do not know the relation (iOS before 17) pass over it.
        """
        names = (module, *self.imports(module)) if self.has_sdk else self.imports(module)
        return "".join(
            f'<link rel="modulepreload" href="{escape(root + self.path + name)}">\n'
            for name in names
        )


def static_version(folder: Path) -> str:
    """A short digest of every file in `folder`."""
    return _digest(folder, built=True)[:12]


def _has_built(folder: Path) -> bool:
    told = folder / BUILT / "sources"
    return told.is_file() and told.read_text("ascii").strip() == _digest(folder, built=False)


def _digest(folder: Path, *, built: bool) -> str:
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*")}
    digest = sha256()
    for name in sorted(files):
        if files[name].is_file() and (built or not name.startswith(BUILT)):
            digest.update(name.encode())
            digest.update(files[name].read_bytes())
    return digest.hexdigest()


@cache
def _imports(folder: Path, module: str) -> tuple[str, ...]:
    found = [module]
    for name in found:  # grows meanwhile
        source = (folder / name).read_text(encoding="utf-8")
        found += [other for other in dict.fromkeys(_IMPORT.findall(source)) if other not in found]
    return tuple(found[1:])
