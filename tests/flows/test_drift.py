"""Alarms and new terms, as ops meet them on a ledger with some weeks of work."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from deskquorum.cli.app import app
from deskquorum.cli.doctor import _drifted
from deskquorum.desk import load_desk
from deskquorum.domain import Decision, Evidence, Facts, Message, RedactedTicket, Route
from deskquorum.ledger import open_ledger
from deskquorum.novelty import fit_reference, write_reference
from deskquorum.reconciliation import Alarm, read_learned, write_alarms

CALIBRATED = datetime(2025, 11, 20, tzinfo=UTC)
USUAL = [
    f"where is my {thing} from the {shop} shop, it came {how}"
    for thing in ("parcel", "letter", "order", "refund", "invoice")
    for shop in ("north", "south", "west", "online")
    for how in ("late", "broken", "never", "empty")
]
NEW = "the inverter of my solar panel shows an error"
ALARM = Alarm(kind="terms", noticed="more than 8% of tickets hold more unknown words")


@pytest.fixture
def learned(folder):
    """The folder of learned state, with a reference of usual tickets."""
    path = load_desk(folder, models=False).parts.learned_path
    write_reference(path, fit_reference(USUAL, None, made_at=CALIBRATED))
    return path


def recorded(folder, texts):
    """Each text decided as a conversation of its own, an hour after the last."""
    times = iter(CALIBRATED + timedelta(hours=n + 1) for n in range(len(texts)))
    now = CALIBRATED
    place = folder / "state" / "ledger.sqlite"
    with closing(open_ledger(place, clock=lambda: now, tenant="northwind")) as ledger:
        for number, text in enumerate(texts):
            now = next(times)
            message = Message(role="customer", text=text, at=now)
            ticket = RedactedTicket(id=f"c{number}", messages=(message,), languages=("en",))
            decision = Decision(
                id=f"d_{number}",
                ticket=ticket.id,
                route=Route.HUMAN,
                action=None,
                reply=None,
                reasons=(),
                decided_at=now,
            )
            ledger.append(decision, Evidence(ticket=ticket, facts=Facts(), votes=()))


def run(verb, folder, *arguments):
    return CliRunner().invoke(app, [verb, "--desk", str(folder), *arguments])


def test_usual_tickets_raise_no_alarm(folder, learned):
    recorded(folder, USUAL)
    done = run("drift", folder)
    assert done.exit_code == 0, done.output
    assert "80 decisions since 2025-11-20 00:00 UTC" in done.stdout
    assert "No alarm" in done.stdout
    assert list(learned.glob("alarms.json")) == []


def test_the_record_of_all_processes_gives_an_alarm_that_stands_once_kept(folder, learned):
    recorded(folder, [*USUAL[:20], *[NEW] * 40])
    found = run("drift", folder, "--json")
    told = json.loads(found.stdout)
    assert found.exit_code == 1
    assert (told["decisions"], told["alarms"]) == (60, [])
    assert [alarm["kind"] for alarm in told["found"]] == ["terms"]
    assert "deskquorum calibrate" in told["found"][0]["to_do"]
    assert {"inverter", "solar", "panel"} <= {term["word"] for term in told["new_terms"]}
    assert told["new_terms"][0]["decisions"] == ["d_59", "d_58", "d_57"]
    assert read_learned(learned, {}).alarms == ()
    kept = run("drift", folder, "--keep")
    assert kept.exit_code == 1
    assert "deskquorum explain d_59" in kept.stdout
    assert [alarm.kind for alarm in read_learned(learned, {}).alarms] == ["terms"]
    again = json.loads(run("drift", folder, "--json").stdout)
    assert (len(again["alarms"]), again["found"]) == (1, [])


def test_a_desk_that_was_never_calibrated_says_what_to_do(folder):
    done = run("drift", folder)
    assert done.exit_code != 0
    assert "run: deskquorum calibrate" in str(done.exception)


def test_the_weekly_report_tells_what_stands_what_to_do_and_new_terms(folder, learned, tmp_path):
    recorded(folder, [*USUAL[:20], *[NEW] * 9])
    write_alarms(learned, [ALARM])
    page = tmp_path / "week.html"
    week = ("--since", "2025-11-20", "--until", "2025-11-27")
    told = json.loads(run("report", folder, "--json", *week, "--html", str(page)).stdout)
    (alarm,) = told["alarms"]
    assert (alarm["kind"], alarm["noticed"]) == ("terms", ALARM.noticed)
    assert "deskquorum drift" in alarm["to_do"]
    assert {"word": "solar", "tickets": 9, "decisions": ["d_28", "d_27", "d_26"]} in told[
        "new_terms"
    ]
    html = page.read_text(encoding="utf-8")
    assert "To do: look at the tickets with new terms" in html
    assert "solar (9)" in html
    text = run("report", folder, *week).stdout
    assert "to do: look at the tickets with new terms" in text
    assert "solar (9)" in text


def test_the_desk_tells_an_alarm_among_its_notices(folder, learned):
    write_alarms(learned, [ALARM])
    notices = load_desk(folder, models=False).notices
    assert any(ALARM.noticed in notice and "to do:" in notice for notice in notices)


def test_the_doctor_says_that_people_decide_and_what_to_do():
    assert _drifted([ALARM]).startswith(f"new terms: {ALARM.noticed}; people decide; to do: look")
    assert _drifted([]) == "no alarm stands"
