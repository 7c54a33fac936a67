"""Becomes gunicorn, but one that ends with the sandbox even when that is killed outright."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Asks Linux for a signal at the parent's death, then hands the process over to gunicorn."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    gunicorn = [sys.executable, "-m", "gunicorn", *sys.argv[1:]]
    os.execv(sys.executable, gunicorn)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
