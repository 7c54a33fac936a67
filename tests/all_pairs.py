"""Rows in which every two values of every two factors meet, in far fewer rows than all of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

Row = dict[str, str]
Pair = tuple[tuple[str, str], tuple[str, str]]


def all_pairs(factors: Mapping[str, Sequence[str]]) -> list[Row]:
    """The rows, the same in each run: greedy, each row around the first pair that is missing."""
    missing = dict.fromkeys(
        ((one, first), (other, second))
        for one, other in itertools.combinations(factors, 2)
        for first, second in itertools.product(factors[one], factors[other])
    )
    rows: list[Row] = []
    while missing:
        row: Row = dict(next(iter(missing)))
        for name in factors:
            if name not in row:
                row[name] = max(
                    factors[name],
                    key=lambda value, name=name: _gain(row, name, value, missing, factors),  # type: ignore[misc]
                )
        for pair in pairs_of(row, factors):
            missing.pop(pair, None)
        rows.append({name: row[name] for name in factors})
    return rows


def pairs_of(row: Mapping[str, str], factors: Mapping[str, Sequence[str]]) -> list[Pair]:
    """Every two values of a row (or of a part of one), in the order of the factors."""
    chosen = [(name, row[name]) for name in factors if name in row]
    return list(itertools.combinations(chosen, 2))


def _gain(
    row: Row,
    name: str,
    value: str,
    missing: Mapping[Pair, None],
    factors: Mapping[str, Sequence[str]],
) -> int:
    with_it = pairs_of({**row, name: value}, factors)
    return sum(pair in missing for pair in with_it)
