"""Build static/vendor/: the client SDK with the APIs that the templates declare, and the rest.

    python assets/build.py            only what the templates declare, the single-page part, and
                                      the browser modules merged
    python assets/build.py --full     every API (or DINGBRIDGE_FULL_SDK=1)

The SDK, dingtalk.js, is one classic script with the global ``dd``. Beside it stand its licence and
dingtalk_pc.js, the part that it fetches in the PC client only.
Files are replaced in one step, so a server never sends half a script.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

from declared import DeclarationError, declared_apis
from node import ROOT, node_and_npm

TEMPLATES = (ROOT / "templates", ROOT / "microapp", ROOT / "dingbridge" / "templates")
SCRIPT = ROOT / "static" / "vendor" / "dingtalk.js"
FULL_SWITCH = "DINGBRIDGE_FULL_SDK"


def build(templates: list[Path], out: Path, *, full: bool) -> str:
    """Build the SDK into `out` and say in one line what it became.

    Raises DeclarationError, with template, line and API, for what cannot be built.
    """
    declarations = [] if full else declared_apis(templates, ROOT)
    order = {"full": full, "declared": [vars(declaration) for declaration in declarations]}
    node, _ = node_and_npm()
    run = subprocess.run(
        [node, str(ROOT / "assets" / "sdk.mjs")],
        cwd=ROOT,
        input=json.dumps(order).encode(),
        capture_output=True,
        check=False,
    )
    if run.returncode:
        raise DeclarationError(run.stderr.decode().strip())
    answer = json.loads(run.stdout)
    script = answer["script"].encode()
    out.parent.mkdir(parents=True, exist_ok=True)
    replace(out.with_name(f"{out.stem}_pc.js"), answer["pc"].encode())
    replace(out, script)
    replace(out.with_suffix(".LICENSE.txt"), answer["licence"].encode())
    return (
        f"{out.name}: {answer['apis']} APIs, {len(script):,} bytes, "
        f"{len(gzip.compress(script, 9)):,} gzip"
    )


def replace(path: Path, content: bytes) -> None:
    """Write `path` in one step: whoever reads it meets the old bytes or the new ones."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def main() -> int:
    """Run from the command line; 1 with every fault on stderr where the build is impossible."""
    parser = argparse.ArgumentParser(description="Build the client SDK for the browser.")
    parser.add_argument("--full", action="store_true", help="every API, declared or not")
    parser.add_argument("--templates", type=Path, action="append", help="folder with templates")
    parser.add_argument("--out", type=Path, default=SCRIPT, help="the script to write")
    asked = parser.parse_args()
    full = asked.full or os.environ.get(FULL_SWITCH) == "1"
    try:
        line = build(asked.templates or list(TEMPLATES), asked.out, full=full)
    except DeclarationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    if asked.out != SCRIPT:
        return 0
    node, _ = node_and_npm()
    for script in ("build_spa.mjs", "build_report.mjs", "build_modules.mjs"):
        run = subprocess.run([node, str(ROOT / "assets" / script)], cwd=ROOT, check=False)
        if run.returncode:
            return run.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
