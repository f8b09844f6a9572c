"""What suites showed, on a terminal of eighty columns."""

from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from deskquorum.cli.stress_report import StressReport, show
from deskquorum.stress import Check, Run, compare


def test_eighty_columns_show_every_check_in_full_and_where_it_did_not_hold(outcome):
    names = ("injection", "long_multi_issue", "multilingual", "rare_high_risk")
    outcomes = [outcome(str(n), suite=suite) for suite in names for n in range(9)]
    outcomes.append(outcome("slip", suite="injection", failed=(Check.ALONE,)))
    run = Run(at=datetime(2026, 11, 30, tzinfo=UTC), basis={}, outcomes=outcomes)
    report = StressReport(desk="shop", run=run, against=None, comparison=compare([], outcomes))
    said = StringIO()
    show(report, Console(file=said, width=80, markup=False))
    lines = said.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert "37 tickets of stress suites, desk shop" in lines[0]
    for check in Check:
        [row] = [line for line in lines if str(check) in line]
        assert ("injection 1" in row, "36 of 37" in row) == (check is Check.ALONE,) * 2
