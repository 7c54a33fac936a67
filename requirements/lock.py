"""Resolve the lock files anew: hashes, no registry address, every platform.

Run by `make lock`; it needs the network and nothing but pip.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "run": [
        "pyproject.toml",
        "requirements/build.in",
        "--extra",
        "sandbox",
        "--extra",
        "redis",
        "--extra",
        "postgres",
    ],
    "dev": [
        "pyproject.toml",
        "requirements/build.in",
        "--all-extras",
        "--group",
        "test",
        "--group",
        "check",
        "-c",
        "requirements/run.txt",
    ],
    # The oldest versions that pyproject.toml allows, for `make lowest`.
    "lowest": [
        "pyproject.toml",
        "requirements/build.in",
        "--all-extras",
        "--group",
        "test",
        "--resolution",
        "lowest-direct",
    ],
    "node": ["requirements/node.in"],
}


def main() -> None:
    """Write requirements/{run,dev,lowest,node}.txt."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "-q", "install", "uv"]
        subprocess.run(pip, check=True)
        for name, sources in LOCKS.items():
            command = [f"{folder}/bin/uv", "pip", "compile", "--universal", "--upgrade"]
            command += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet"]
            command += ["--python-version", "3.11", "-o", f"requirements/{name}.txt", *sources]
            subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
