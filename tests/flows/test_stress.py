"""`deskquorum stress` and `gate-change` as ops run them before a desk's files are changed."""

import asyncio
import json
import shutil
import sys
from datetime import UTC, datetime
from functools import partial

import pytest

from deskquorum import load_desk
from deskquorum.assembly import load_parts
from deskquorum.cli import main
from deskquorum.cli.gate_change import held_against
from deskquorum.cli.policy_backtest import load_each
from deskquorum.cli.stress_running import run_suites
from deskquorum.formats import parse_json, read_ticket
from deskquorum.pack import starter_pack
from deskquorum.stress import Check, Run, basis_of, read_suites, write_accepted
from deskquorum.testing import ScriptedModel, letters, status

# A sign of takeover that the example desk's labelers do not see: only the mode `suggest` of
# `cancel_order` keeps it with a person.
UNSEEN = "rare_high_risk-04"
CHOSEN = {UNSEEN, "rare_high_risk-05", "plain-01", "plain-02", "injection-06", "privacy-04"}

AUTONOMY = "    autonomy: {max_error: 0.02, confidence: 0.95}\n  change_address:"
SIGNED = (
    "    autonomy:\n      uncertified: {by: ops, date: 2026-11-02, why: quick}\n  change_address:"
)
BY_ITSELF = (
    "policies/orders.yaml",
    f"    mode: suggest\n{AUTONOMY}",
    f"    mode: auto\n{SIGNED}",
)


@pytest.fixture(scope="module")
def suites(tmp_path_factory):
    """A handful of the package's tickets."""
    folder = tmp_path_factory.mktemp("suites")
    lines = [
        line
        for path in sorted(starter_pack("stress").glob("*/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if json.loads(line)["id"] in CHOSEN
    ]
    (folder / "tickets.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def run(suites, monkeypatch, capsys):
    """Run a verb on a few suites without a model: exit code, standard output, standard error."""

    def run(*arguments):
        command = ["deskquorum", *map(str, arguments), "--suites", str(suites)]
        command += [] if "--model-url" in arguments else ["--no-model"]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as exit_:
            main()
        said = capsys.readouterr()
        return exit_.value.code or 0, said.out, said.err

    return run


@pytest.fixture
def changed(folder, tmp_path):
    """A copy of the desk with one text of its files replaced."""

    def changed(file, old, new):
        copy = tmp_path / "candidate"
        shutil.copytree(folder, copy)
        text = (copy / file).read_text(encoding="utf-8")
        assert old in text
        (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return copy

    return changed


def spoil(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_run_is_accepted_and_a_change_that_acts_wrongly_by_itself_is_worse(folder, run, tmp_path):
    code, out, err = run("stress", "--desk", folder, "--accept", "--json")
    said = json.loads(out)
    assert (code, said["worse"], said["accepted_at"]) == (0, False, None)
    assert said["suites"]["all"]["checks"]["auto"]["held"] == len(CHOSEN)
    assert str(folder / "learned" / "stress.json") in err
    kept = (folder / "learned" / "stress.json").read_text(encoding="utf-8")
    assert "NW-3" not in kept
    assert "Orchard" not in kept
    # Nothing of it stands in the desk's own records.
    assert not (folder / "state").exists()
    assert [path.name for path in (folder / "learned").iterdir()] == ["stress.json"]

    spoil(folder, *BY_ITSELF)
    page = tmp_path / "page.html"
    code, out, _ = run("stress", "--desk", folder, "--json", "--html", page)
    said = json.loads(out)
    assert (code, said["changed"]) == (1, ["policies"])
    (worse,) = [change for change in said["changes"] if change["worse"]]
    assert (worse["check"], [lost["ticket"] for lost in worse["lost"]]) == (
        "auto",
        [f"rare_high_risk/{UNSEEN}"],
    )
    html = page.read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in html
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert f"rare_high_risk/{UNSEEN}" in html


def test_a_change_is_held_against_the_desk_before_it_replaces_it(folder, changed, run, rows):
    desk = load_desk(folder, models=False)
    ticket = read_ticket(parse_json(json.dumps(rows["plain-03"])))
    desk.decide_sync(ticket)
    code, out, _ = run("gate-change", "--desk", folder, "--candidate", folder)
    assert code == 0
    assert "1 decision, by the votes cast then: nothing changes" in out
    assert "not worse: the change may go in" in out

    candidate = changed(*BY_ITSELF)
    spoil(candidate, "policies/goodwill.yaml", "? 2500 : 1500", "? 2500 : 1000")
    code, out, _ = run("gate-change", "--desk", folder, "--candidate", candidate, "--json")
    said = json.loads(out)
    assert (code, said["worse"]) == (1, True)
    parts = {part["part"]: part for part in said["parts"]}
    assert parts["policy cases"]["state"] == "worse"
    assert "goodwill.cases.yaml:" in parts["policy cases"]["details"][0]
    assert parts["stress suites"]["state"] == "worse"
    assert parts["recorded decisions"]["state"] == "worse"
    assert "plain-03: human → auto, cancel_order" in parts["recorded decisions"]["details"][0]


def test_recorded_decisions_may_newly_go_by_themselves_once_that_many_are_wanted(
    folder, changed, rows
):
    load_desk(folder, models=False).decide_sync(
        read_ticket(parse_json(json.dumps(rows["plain-03"])))
    )
    place = folder / "state" / "ledger.sqlite"
    new, old = load_each([changed(*BY_ITSELF), folder], str(place))
    states = [held_against(old, new, place, allowed).state for allowed in (0, 1)]
    assert states == ["worse", "ok"]


def test_files_that_cannot_be_used_are_told_before_anything_runs(folder, changed, run):
    candidate = changed("policies/orders.yaml", "effect: allow", "effect: alow")
    code, out, err = run("gate-change", "--desk", folder, "--candidate", candidate)
    assert (code, out) == (2, "")
    assert "candidate/policies/orders.yaml:" in err


def in_thread(work):
    """Runs what has an event loop of its own, beside the scripted model's."""
    return asyncio.get_running_loop().run_in_executor(None, work)


def test_a_run_tells_what_it_ran_on(folder):
    with_model = basis_of(load_parts(folder))
    spoil(folder, "prompts/labelers/route.md", "You ", "You, please, ")
    spoil(folder, "policies/desk.yaml", "settle_at: 0.65", "settle_at: 0.66")
    spoil(folder, "labelers/urgency.rules.yaml", "labeler:", "# looked at again\nlabeler:")
    other = basis_of(load_parts(folder))
    differ = {name for name in with_model if with_model[name] != other[name]}
    assert differ == {"prompt.route", "desk.yaml", "policies", "labeler.urgency-words"}
    assert with_model["model.small"] == "smollm2-135m-instruct"
    assert "model.small" not in basis_of(load_parts(folder, models=False))


async def stressed(folder, suites, model):
    """What became of each ticket, with a model asked."""
    ask = partial(run_suites, folder, read_suites(suites), models=True, jobs=2)
    run = await in_thread(partial(ask, model_url=model.base_url))
    return run.outcomes


@pytest.mark.anyio
async def test_another_model_behind_the_same_files_shows_in_the_suites(folder, suites):
    spoil(
        folder, "policies/desk.yaml", "[route-words, route-nearest, route-model]", "[route-model]"
    )
    spoil(folder, "policies/desk.yaml", "wave: 2, accuracy: 0.2", "wave: 1, accuracy: 0.9")
    for unused in ("route-words", "route-nearest"):
        path = folder / "policies" / "desk.yaml"
        kept = [
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if f"  {unused}:" not in line
        ]
        path.write_text("\n".join(kept), encoding="utf-8")
    held = []
    for letter in ("A", "E"):
        async with ScriptedModel(lambda _, letter=letter: letters({letter: 0.97})) as model:
            outcomes = await stressed(folder, suites, model)
        held.append(sum(outcome.checks[Check.TEAM] for outcome in outcomes))
    # A is billing, the right team for none of them; E is product, the right one for two.
    assert held == [0, 2]


@pytest.mark.anyio
async def test_a_run_with_a_model_that_failed_is_not_accepted(always_asking, run):
    async with ScriptedModel(lambda _: status(500)) as model:
        asking = ("--model-url", model.base_url, "--accept")
        code, _, err = await in_thread(partial(run, "stress", "--desk", always_asking, *asking))
    assert code == 2
    assert "not accepted: some tickets were late or lack a vote that failed" in err
    assert not (always_asking / "learned" / "stress.json").exists()


def test_a_run_that_shares_no_ticket_with_the_accepted_one_has_not_passed(folder, run):
    write_accepted(folder / "learned", Run(at=datetime.now(UTC), basis={}, outcomes=[]))
    code, out, _ = run("stress", "--desk", folder)
    assert code == 1
    assert "it can't be told: no ticket is one of the accepted run" in out
    assert f"{len(CHOSEN)} tickets of new or other text, not compared" in out
