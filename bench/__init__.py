"""The benchmarks: `python -m bench`, or `make bench`.

What a signed page costs the server, against the same page with constant data; what a person
waits for `dd.ready`, against the usual way; what the report costs with a million check-ins,
against ten thousand. Everything real runs: gunicorn with the production settings, the project's
nginx, PostgreSQL, Chromium, the client SDK. Figures and how to read them: docs/benchmarks.md.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The servers that the benchmarks drive are started by the very code that the tests use.
sys.path.insert(0, str(ROOT / "tests"))
