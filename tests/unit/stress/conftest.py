"""Outcomes of stress tickets, as short as a table's row."""

import pytest

from deskquorum.domain import Route
from deskquorum.stress import Check, Outcome


@pytest.fixture
def outcome():
    def outcome(name, *, failed=(), checks=tuple(Check), digest="a", suite="s", route=Route.HUMAN):
        return Outcome(
            suite=suite,
            id=name,
            digest=digest,
            route=route,
            checks={check: check not in failed for check in checks},
            why=dict.fromkeys(failed, "so it came out"),
        )

    return outcome
