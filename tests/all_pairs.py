"""Rows in which every two values of every two factors meet, in far fewer rows than all of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

Row = dict[str, str]
Pair = tuple[tuple[str, str], tuple[str, str]]


def all_pairs(factors: Mapping[str, Sequence[str]]) -> list[Row]:
    """The rows, the same in each run.

    Greedy: each row is built around the first pair that is missing. Where several values would
    bring as many missing pairs, the one goes in whose pairs have been seen least: what a row does
    not need for pairs brings in new threes.
    """
    seen: Counter[Pair] = Counter(
        dict.fromkeys(
            [
                ((one, first), (other, second))
                for one, other in itertools.combinations(factors, 2)
                for first, second in itertools.product(factors[one], factors[other])
            ],
            0,
        )
    )
    rows: list[Row] = []
    while missing := [pair for pair, times in seen.items() if not times]:
        row: Row = dict(missing[0])
        for name in factors:
            if name not in row:
                row[name] = _best(row, name, seen, factors)
        seen.update(_pairs_of(row, factors))
        rows.append({name: row[name] for name in factors})
    return rows


def _best(
    row: Row, name: str, seen: Mapping[Pair, int], factors: Mapping[str, Sequence[str]]
) -> str:
    def worth(value: str) -> tuple[int, int]:
        times = [seen[pair] for pair in _pairs_of({**row, name: value}, factors)]
        return times.count(0), -sum(times)

    return max(factors[name], key=worth)


def _pairs_of(row: Row, factors: Mapping[str, Sequence[str]]) -> list[Pair]:
    chosen = [(name, row[name]) for name in factors if name in row]
    return list(itertools.combinations(chosen, 2))
