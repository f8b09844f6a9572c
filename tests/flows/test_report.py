"""`deskquorum report`, as a lead calls it on a ledger with a week of work."""

import csv
import json
import re
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from deskquorum.cli.app import app
from deskquorum.domain import (
    Action,
    Decision,
    Evidence,
    Facts,
    Message,
    Mode,
    Reason,
    RedactedTicket,
    Route,
)
from deskquorum.errors import InputError
from deskquorum.ledger import open_ledger
from deskquorum.ledger.outcomes import Outcome, OutcomeKind, note_outcome
from deskquorum.ledger.review_items import Draft, Verdict
from deskquorum.ledger.reviews import close_item, get_item, items, open_item
from deskquorum.reporting import read_rows
from deskquorum.server.pages.figures import count_figures

START = datetime(2025, 11, 17, 9, tzinfo=UTC)
REFUND = Action(name="issue_refund", args={"amount": "24.00"})


class Clock:
    now = START

    def __call__(self):
        return self.now


class Desk:
    """The example desk's ledger, written as the rooms that decide and review write it."""

    def __init__(self, folder):
        self.clock = Clock()
        path = folder / "state" / "ledger.sqlite"
        self.ledger = open_ledger(path, clock=self.clock, tenant="northwind")

    def decide(self, name, day, route=Route.AUTO):
        self.clock.now = START + timedelta(days=day)
        message = Message(role="customer", text="hello", at=self.clock.now)
        ticket = RedactedTicket(id=name, messages=(message,), languages=("en",))
        reasons = (Reason(code="mode", params={"action": REFUND.name, "mode": "shadow"}),)
        decision = Decision(
            id=f"d_{name}",
            ticket=name,
            route=route,
            action=REFUND,
            reply=None,
            reasons=reasons if route is Route.HUMAN else (),
            mode=Mode.SHADOW if route is Route.HUMAN else Mode.AUTO,
            decided_at=self.clock.now,
        )
        draft = Draft(
            kind="decision",
            conversation=name,
            decision=decision.id,
            subject=name,
            reasons=decision.reasons,
            action=REFUND,
            reply=None,
            risk=1,
            due=timedelta(days=1),
        )
        also = (partial(open_item, draft=draft),) if route is Route.HUMAN else ()
        evidence = Evidence(ticket=ticket, facts=Facts(), votes=())
        self.ledger.append(decision, evidence, also=also)

    def tell(self, name, day, kind, value=""):
        outcome = Outcome(conversation=name, decision=None, kind=OutcomeKind(kind), value=value)
        self.write(day, partial(note_outcome, outcome=outcome))

    def judge(self, name, day, kind, action):
        def close(tx):
            (found,) = [item for item in items(tx) if item.conversation == name]
            said = Verdict(kind=kind, by="ann", args_hash=found.args_hash)
            close_item(tx, get_item(tx, found.id), said, action=action, reply=None)

        self.write(day, close)

    def write(self, day, work):
        self.clock.now = START + timedelta(days=day)
        with self.ledger.database.transaction(writing=True) as tx:
            work(tx)


@pytest.fixture
def desk(folder):
    """Two weeks: the first with one conversation, the second with four."""
    made = Desk(folder)
    made.decide("early", 0)
    made.tell("early", 1, "resolved")
    made.decide("kept", 7)
    made.decide("again", 7)
    made.tell("kept", 7.2, "resolved")
    made.tell("again", 7.2, "resolved")
    made.tell("again", 8, "reopened")
    made.tell("again", 8, "refund-loss", "24.00")
    made.decide("asked", 8, Route.HUMAN)
    made.decide("edited", 8, Route.HUMAN)
    made.judge("asked", 8.1, "approve", REFUND)
    made.judge("edited", 8.1, "edit", Action(name="close_ticket"))
    made.tell("asked", 9, "csat", "5")
    yield folder
    made.ledger.close()


def run(desk, *arguments, week="2025-W48"):
    chosen = ("--week", week) if week else ()
    return CliRunner().invoke(app, ["report", "--desk", str(desk), *chosen, *map(str, arguments)])


def figures(result):
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def test_a_week_is_told_from_what_the_ledger_holds(desk):
    told = figures(run(desk, "--json", "--window-days", "1"))
    counts = {n: (f["numerator"], f["denominator"]) for n, f in told["figures"].items()}
    assert counts["auto"] == (2, 4)
    assert counts["confirmed"] == (1, 4)
    assert counts["deflection"] == (1, 4)
    assert counts["reopened"] == (1, 2)
    assert counts["csat_assisted"] == (5, 1)
    assert counts["refund_loss"] == ("24", 4)
    assert counts["shadow"] == (1, 2)
    assert told["figures"]["confirmed"]["before"]["numerator"] == 1
    assert told["reasons"]["mode"]["numerator"] == 2
    assert told["currency"] == "USD"
    assert all(figure["definition"] for figure in told["figures"].values())


def test_the_page_of_figures_counts_the_same(desk):
    told = figures(run(desk, "--json"))["figures"]
    ledger = open_ledger(desk / "state" / "ledger.sqlite", tenant="northwind")
    with closing(ledger):
        rows = read_rows(ledger, since=datetime(2025, 1, 1, tzinfo=UTC))
        page = count_figures(rows.decisions, now=datetime(2025, 11, 30, 12, tzinfo=UTC), days=7)
    for route in Route:
        assert told[route.value]["value"] == page.tally.share(route)
        assert told[route.value]["numerator"] == page.tally.routes[route]
    assert page.by_day[date(2025, 11, 24), Route.AUTO] == 2


def test_people_read_the_same_numbers(desk):
    said = run(desk, "--window-days", "1").stdout
    assert "2025-11-24 to 2025-11-30" in said
    assert re.search(r"Confirmed resolutions +25\.0% \(4\.6% to 69\.9%\) +1 of 4", said)
    assert "issue_refund: 1 of 2" in said


def test_the_csv_has_a_row_a_figure_a_week(desk):
    path = desk / "report.csv"
    figures(run(desk, "--json", "--csv", path, "--before", "1"))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    of_auto = [(row["since"], row["numerator"]) for row in rows if row["name"] == "auto"]
    assert of_auto == [("2025-11-17", "1"), ("2025-11-24", "2")]
    assert all(row["definition"] for row in rows)


class Page(HTMLParser):
    """What a page has."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in {"src", "href", "xlink:href"}]


def test_the_page_stands_alone(desk):
    path = desk / "report.html"
    assert run(desk, "--html", path).exit_code == 0
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("svg") >= 2
    assert "script" not in page.tags
    assert [link for link in page.links if not link.startswith("#")] == []
    assert len(page.ids) == len(set(page.ids))
    assert "#010203" not in text
    assert "prefers-color-scheme: dark" in text


def test_a_week_without_decisions_is_a_report_too(desk):
    path = desk / "report.html"
    told = figures(run(desk, "--json", "--html", path, week="2025-W01"))
    assert told["figures"]["auto"]["value"] is None
    assert "Nothing was decided" in path.read_text(encoding="utf-8")


def test_days_are_a_span_too(desk):
    chosen = ("--since", "2025-11-25", "--until", "2025-11-26", "--json")
    told = figures(run(desk, *chosen, week=None))
    assert told["figures"]["human"]["numerator"] == 2


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        pytest.param(["--week", "2026-48"], "--week '2026-48' is no ISO week", id="no week"),
        pytest.param(["--week", "2026-W54"], "'2026-W54' is no ISO week", id="week 54"),
        pytest.param(["--since", "monday"], "--since 'monday' is no day", id="no day"),
        pytest.param(["--until", "2026-11-25"], "without --since", id="no first day"),
        pytest.param(
            ["--since", "2026-11-25", "--until", "2026-11-25"], "later --until", id="no time"
        ),
        pytest.param(
            ["--week", "2026-W48", "--since", "2026-11-25"], "one or the other", id="both"
        ),
    ],
)
def test_a_span_that_is_none_is_refused(desk, chosen, said):
    result = run(desk, *chosen, week=None)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)


def test_a_file_that_can_not_be_written_is_named(desk):
    result = run(desk, "--csv", desk / "nowhere" / "r.csv")
    assert isinstance(result.exception, InputError)
    assert "r.csv" in str(result.exception)
