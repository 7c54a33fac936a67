"""Presses on an app from many threads, and keeps what came back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests


@dataclass
class Load:
    """`answers` counts status and error; `workers` those processes that answered."""

    answers: Counter[str] = field(default_factory=Counter)
    workers: set[int] = field(default_factory=set)
    longest: float = 0.0

    @property
    def good(self) -> int:
        return self.answers["200"]


def press(urls: list[str], seconds: float, threads: int = 12) -> Load:
    """Ask for `urls` in turn as fast as answers come, for `seconds`.

    Each request has a connection of its own, so that the kernel spreads them among the workers.
    """
    load, lock = Load(), threading.Lock()
    ends = time.monotonic() + seconds

    def run(number: int) -> None:
        turn = number
        while time.monotonic() < ends:
            began = time.monotonic()
            answer = requests.get(urls[turn % len(urls)], timeout=60)
            fields: dict[str, Any] = answer.json()
            with lock:
                error = fields.get("error")
                load.answers[f"{answer.status_code} {error}" if error else "200"] += 1
                load.workers.add(fields["worker"])
                load.longest = max(load.longest, time.monotonic() - began)
            turn += 1

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return load
