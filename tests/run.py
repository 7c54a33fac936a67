"""What `make test`, `make coverage` and `make faults` call: pytest, then what it showed.

Plain pytest does as well for a part: `.venv/bin/pytest tests/test_settings.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOME_FAILED = 1  # pytest's exit code for tests that failed


def main() -> int:
    """Run the tests and hand on the exit code."""
    faults, coverage = "--faults" in sys.argv[1:], "--coverage" in sys.argv[1:]
    more = [argument for argument in sys.argv[1:] if argument not in ("--faults", "--coverage")]
    # Browsers and servers wait more than they work: half as many workers again as there are cores.
    workers = os.environ.get("TEST_WORKERS") or str(max(2, (os.cpu_count() or 2) * 3 // 2))
    command = [sys.executable, "-m", "pytest"]
    if faults:
        command += ["-m", "faults", "-s"]
    else:
        command += ["-m", "not faults", "-n", workers, "--dist", "loadfile", "--durations=15"]
    if coverage:  # a command of its own, since tracing makes the tests half as long again
        command += ["--cov", "--cov-report=term"]
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    code = subprocess.run([*command, *more], cwd=ROOT, env=environment, check=False).returncode
    if code != SOME_FAILED or faults:
        return code
    # Browsers, servers and processes by the dozen on few cores: what failed is run once more,
    # alone. It has to pass then, and is named here, since it should pass in company too.
    print("\nonce more, alone: what failed in company", flush=True)
    again = [sys.executable, "-m", "pytest", "--lf", "--lfnf=none", "-p", "no:cov", "-rA", "-q"]
    return subprocess.run([*again, *more], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
