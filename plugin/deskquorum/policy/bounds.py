"""Whether differences of numbers can all stay within their limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from deskquorum.policy.syntax import Tree

__all__ = ["Terms", "fits"]

Terms = frozenset[tuple[Tree, int]]
_Variable = Tree | Terms | None
"""A number, a sum that is taken as one number, or zero."""
_Edge = tuple[_Variable, _Variable, int]
"""The first one is at most the second one plus a number."""


def fits(limits: Iterable[tuple[Terms, int]], never_negative: Callable[[Tree], bool]) -> bool:
    """Whether whole numbers exist for which every sum is at most its limit.

    Exact where each sum is one number or a difference of two; otherwise a yes proves nothing.
    Bellman and Ford: limits can't be kept if and only if a circle of them adds up to less than 0.
    """
    edges = [_edge(terms, limit) for terms, limit in limits]
    variables = {side for left, right, _ in edges for side in (left, right)}
    edges += [(None, v, 0) for v in variables if isinstance(v, Tree) and never_negative(v)]
    highest = dict.fromkeys(variables, 0)
    highest.setdefault(None, 0)
    for _ in range(len(highest)):
        lowered = False
        for left, right, limit in edges:
            if highest[left] > highest[right] + limit:
                highest[left] = highest[right] + limit
                lowered = True
        if not lowered:
            return True
    return False


def _edge(terms: Terms, limit: int) -> _Edge:
    plus = [term for term, times in terms if times == 1]
    minus = [term for term, times in terms if times == -1]
    if len(plus) + len(minus) == len(terms) and len(plus) <= 1 and len(minus) <= 1:
        return (plus[0] if plus else None, minus[0] if minus else None, limit)
    opposite = frozenset((term, -times) for term, times in terms)
    if hash(terms) <= hash(opposite):
        return (terms, None, limit)
    return (None, opposite, limit)
