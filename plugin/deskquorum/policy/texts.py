"""Whether texts can be equal, and differ, as they are said to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deskquorum.policy.syntax import Tree

__all__ = ["can_be_so"]

_Pair = frozenset[Tree]


def can_be_so(
    same: Iterable[_Pair], different: Iterable[_Pair], values: Mapping[str, frozenset[str]]
) -> bool:
    """Whether texts exist that are equal in `same` pairs and not in `different` ones.

    Args:
        same: Pairs of texts; a pair of one is a text and itself.
        different: Pairs of texts.
        values: The only values that a variable can have, where they are few.
    """
    different = list(different)
    classes = _Classes()
    for pair in same:
        classes.join(pair)
    allowed: dict[Tree, frozenset[str]] = {}
    for tree in classes.members({tree for pair in different for tree in pair}):
        few = frozenset({str(tree.value)}) if tree.kind == "constant" else values.get(tree.name)
        if few is not None and tree.kind in {"constant", "name"}:
            of = classes.of(tree)
            allowed[of] = allowed.get(of, few) & few
    for pair in different:
        roots = {classes.of(tree) for tree in pair}
        if len(roots) == 1:
            return False
        for tree in pair:
            other = next(iter(pair - {tree}))
            if other.kind == "constant" and classes.of(tree) in allowed:
                allowed[classes.of(tree)] -= {str(other.value)}
    return all(allowed.values())


class _Classes:
    """Texts that are equal, by one of them."""

    def __init__(self) -> None:
        self._parent: dict[Tree, Tree] = {}

    def of(self, tree: Tree) -> Tree:
        while (parent := self._parent.get(tree, tree)) != tree:
            tree = parent
        return tree

    def join(self, pair: _Pair) -> None:
        first, *others = pair
        self._parent.setdefault(first, first)
        for other in others:
            self._parent.setdefault(other, other)
            self._parent[self.of(other)] = self.of(first)

    def members(self, more: set[Tree]) -> set[Tree]:
        return more | self._parent.keys()
