"""References and nonces: no two pages draw the same, whichever thread or worker renders them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from dingbridge.page import new_reference


def references(number: int) -> list[str]:
    return [new_reference() for _ in range(number)]


def test_no_two_threads_draw_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        drawn = [name for some in pool.map(references, [2000] * 8) for name in some]
    assert len(set(drawn)) == len(drawn) == 16_000


def test_a_forked_worker_draws_anew() -> None:
    new_reference()  # whatever is left over from this is the parent's
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, " ".join(references(300)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, encoding="ascii") as pipe:
        theirs = pipe.read().split()
    assert len(theirs) == 300
    assert not set(theirs) & set(references(600))
