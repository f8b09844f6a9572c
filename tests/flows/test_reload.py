"""Files that change while the desk decides: a set is taken whole, or refused and told."""

import logging
import shutil
import time
from dataclasses import replace
from functools import partial

import anyio
import pytest

from deskquorum import Action, ConfigError, Proposal, Route, load_desk
from deskquorum.domain import VoteStatus
from deskquorum.policy import load_policies
from deskquorum.testing import ScriptedModel, letters, make_ticket

pytestmark = pytest.mark.anyio

DESK = """\
desk: shop
version: "1"
languages: [en]
deadline_s: 20
ledger: state/ledger.sqlite
questions:
  mood:
    ask: Does the customer only say thanks?
    labels: {{thanks: "nothing is asked", other: "anything else"}}
    labelers: [mood-words{prompt}]
labelers:
  mood-words: {{kind: rule, file: labelers/mood.rules.yaml, accuracy: 0.9}}
"""
MODEL = """\
  mood-model: {{kind: prompt, prompt: classify, model: small, accuracy: 0.6, wave: 1, price: 0}}
models:
  small: {{model: scripted, base_url: local, max_concurrency: 4, timeout_s: {timeout_s}}}
"""
WORDS = """\
labeler: mood-words
version: "1"
otherwise: other
rules:
  - {id: thanks, label: thanks, words: [thanks]}
"""
CLOSING = """\
policy: closing
version: "{version}"
clauses:
  - {{id: C1, text: "A ticket of thanks can be closed."}}
actions:
  close_ticket:
    risk: close
    mode: auto
    autonomy: {{uncertified: {{by: Kim, date: 2026-11-02, why: it is only closed}}}}
rules:
  - id: close-{version}
    on: close_ticket
    effect: allow
    when: answer.mood == "thanks" && ticket.served_language
    cite: [C1]
    reason: nothing is asked
"""
GUARD = """\
policy: guard
version: "{version}"
clauses:
  - {{id: C2, text: "No ticket is closed during the sale."}}
rules:
  - id: never
    on: close_ticket
    effect: deny
    when: '{when}'
    cite: [C2]
    reason: the sale is on
"""

FREE = {
    "closing.yaml": CLOSING.format(version="free"),
    "guard.yaml": GUARD.format(version="free", when="false"),
}
SALE = {
    "closing.yaml": CLOSING.format(version="sale"),
    "guard.yaml": GUARD.format(version="sale", when="true"),
}
BROKEN = FREE | {"guard.yaml": GUARD.format(version="free", when='answer.mud == "thanks"')}

THANKS = replace(
    make_ticket("Thanks for your help!"),
    proposal=Proposal(source="bot", action=Action(name="close_ticket")),
)


def write(folder, files):
    for name, text in files.items():
        (folder / "policies" / name).write_text(text, encoding="utf-8")


def make_desk(folder, *, timeout_s=None):
    for name in ("policies", "labelers"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    asks_model = timeout_s is not None
    text = DESK.format(prompt=", mood-model" if asks_model else "")
    text += MODEL.format(timeout_s=timeout_s) if asks_model else ""
    (folder / "policies" / "desk.yaml").write_text(text, encoding="utf-8")
    (folder / "labelers" / "mood.rules.yaml").write_text(WORDS, encoding="utf-8")
    write(folder, FREE)
    return folder


@pytest.fixture
def shop(tmp_path):
    return make_desk(tmp_path / "shop")


def hash_of(folder, files):
    """The policy hash of a desk with those files."""
    write(make_desk(folder), files)
    return load_policies(folder / "policies").hash


async def until(wanted):
    with anyio.fail_after(20):
        while not wanted():  # noqa: ASYNC110 - nobody sets an event for it
            await anyio.sleep(0.01)


async def decided_until(desk, wanted):
    with anyio.fail_after(20):
        while not wanted(desk):
            await desk.decide(THANKS)


async def decided_for(desk, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await desk.decide(THANKS)


def is_sale(desk):
    return desk.parts.rules.versions["policy.guard"] == "sale"


def arrived(desk, files):
    """Whether the desk has noticed those files."""
    if files is BROKEN:
        return bool(desk.notices)
    return is_sale(desk) == (files is SALE) and not desk.notices


async def test_every_decision_is_by_one_valid_set_while_files_change_all_the_time(shop, tmp_path):
    routes = {
        hash_of(tmp_path / "free", FREE): (Route.AUTO, "free", "close-free"),
        hash_of(tmp_path / "sale", SALE): (Route.DENY, "sale", "never"),
    }
    decisions = []
    swapped = anyio.Event()

    async def decide_all_the_time(desk):
        while len(decisions) < 200 or not swapped.is_set():
            decisions.append(await desk.decide(THANKS))

    async with load_desk(shop, look_every_s=0.1) as desk, anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(decide_all_the_time, desk)
        for swap in range(20):
            files = (SALE, BROKEN, FREE)[swap % 3]
            write(shop, files)
            await until(partial(arrived, desk, files))
        swapped.set()
    assert {decision.policy_hash for decision in decisions} == routes.keys()
    for decision in decisions:
        route, version, rule = routes[decision.policy_hash]
        assert decision.route is route
        assert decision.versions["policy.closing"] == decision.versions["policy.guard"] == version
        assert rule in decision.rulings[-1].rules


async def test_changed_files_are_in_force_without_a_restart(shop):
    async with load_desk(shop, look_every_s=0.05) as desk:
        assert (await desk.decide(THANKS)).route is Route.AUTO
        write(shop, SALE)
        await decided_until(desk, is_sale)
        assert (await desk.decide(THANKS)).route is Route.DENY


async def test_an_idle_desk_notices_changes_before_its_first_ticket(shop):
    async with load_desk(shop, look_every_s=0.05) as desk:
        write(shop, SALE)
        await until(lambda: is_sale(desk))
        assert (await desk.decide(THANKS)).route is Route.DENY


async def test_a_closed_desk_looks_again_once_it_decides(shop):
    desk = load_desk(shop, look_every_s=0.05)
    async with desk:
        pass
    write(shop, SALE)
    await anyio.sleep(0.3)
    assert not is_sale(desk)
    async with desk:
        await until(lambda: is_sale(desk))


async def test_files_that_go_away_are_refused_until_they_are_back(shop, caplog):
    async with load_desk(shop, look_every_s=0.05) as desk:
        (shop / "policies" / "desk.yaml").write_text(DESK.format(prompt=""))
        shutil.move(shop / "labelers", shop / "elsewhere")
        await until(lambda: desk.notices)
        shutil.move(shop / "elsewhere", shop / "labelers")
        write(shop, SALE)
        await until(lambda: is_sale(desk))
    assert "no file 'labelers/mood.rules.yaml'" in caplog.text


async def test_an_invalid_set_is_refused_loudly_and_the_one_before_stays(shop, caplog):
    async with load_desk(shop, look_every_s=0.05) as desk:
        write(shop, BROKEN)
        await decided_until(desk, lambda d: d.notices)
        assert (await desk.decide(THANKS)).route is Route.AUTO
        await decided_for(desk, 0.5)
        (notice,) = desk.notices
        assert "guard.yaml:9:" in notice
        assert "unknown question 'mud'" in notice
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "guard.yaml:9:" in told.getMessage()


async def test_a_refused_set_is_tried_again_once_it_is_mended(shop):
    async with load_desk(shop, look_every_s=0.05) as desk:
        write(shop, BROKEN)
        await decided_until(desk, lambda d: d.notices)
        write(shop, SALE)
        await decided_until(desk, is_sale)
        assert desk.notices == ()


async def test_reload_puts_changed_files_in_force_at_once(shop):
    async with load_desk(shop) as desk:
        write(shop, SALE)
        await desk.reload()
        assert (await desk.decide(THANKS)).route is Route.DENY


async def test_reload_tells_what_is_wrong_and_keeps_what_was(shop):
    async with load_desk(shop) as desk:
        write(shop, BROKEN)
        with pytest.raises(ConfigError, match=r"guard\.yaml:9:"):
            await desk.reload()
        assert (await desk.decide(THANKS)).route is Route.AUTO


def test_a_desk_whose_files_are_invalid_does_not_start(shop):
    write(shop, BROKEN)
    with pytest.raises(ConfigError, match=r"guard\.yaml:9:"):
        load_desk(shop)


def test_the_sync_door_notices_changes_too(shop):
    desk = load_desk(shop, look_every_s=0.0)
    assert desk.decide_sync(THANKS).route is Route.AUTO
    write(shop, SALE)
    desk.decide_sync(THANKS)
    assert desk.decide_sync(THANKS).route is Route.DENY


async def test_changed_word_lists_are_read_again(shop):
    async with load_desk(shop) as desk:
        assert (await desk.decide(THANKS)).route is Route.AUTO
        words = WORDS.replace("words: [thanks]", "words: [cheers]")
        (shop / "labelers" / "mood.rules.yaml").write_text(words, encoding="utf-8")
        await desk.reload()
        assert (await desk.decide(THANKS)).answers["mood"].label == "other"


async def test_a_run_keeps_the_files_and_the_model_that_it_began_with(tmp_path):
    shop, said = make_desk(tmp_path / "shop", timeout_s=10), letters({"A": 1.0})
    decisions = []

    async def decide(desk):
        decisions.append(await desk.decide(THANKS))

    async with (
        ScriptedModel([replace(said, delay_s=3.0), said]) as model,
        load_desk(shop, model_url=model.base_url) as desk,
    ):
        in_force = desk.parts.rules.book.hash
        async with anyio.create_task_group() as group:
            group.start_soon(decide, desk)
            await until(lambda: model.requests)
            # Another time limit is another client.
            make_desk(shop, timeout_s=11)
            write(shop, SALE)
            await desk.reload()
            assert decisions == []
        after = await desk.decide(THANKS)
    (decision,) = decisions
    entry = desk.ledger.get(decision.id)
    assert (decision.route, decision.policy_hash) == (Route.AUTO, in_force)
    assert {vote.status for vote in entry.evidence.votes} == {VoteStatus.CAST}
    assert (after.route, len(model.requests)) == (Route.DENY, 2)


async def test_a_model_whose_declaration_is_the_same_is_not_opened_anew(tmp_path):
    shop = make_desk(tmp_path / "shop", timeout_s=10)
    async with (
        ScriptedModel(lambda _: letters({"A": 1.0})) as model,
        load_desk(shop, model_url=model.base_url) as desk,
    ):
        chats = [await chat_of(desk)]
        write(shop, SALE)
        await desk.reload()
        chats.append(await chat_of(desk))
        make_desk(shop, timeout_s=11)
        await desk.reload()
        chats.append(await chat_of(desk))
        assert chats[0] is chats[1]
        assert chats[1] is not chats[2]
        assert (await desk.decide(THANKS)).route is Route.AUTO


async def chat_of(desk):
    labelers = (await desk._setups.current.opened()).labelers
    return next(labeler for labeler in labelers if labeler.id == "mood-model")._chat


async def test_the_ledger_goes_on_while_its_file_is_the_same(shop):
    async with load_desk(shop) as desk:
        ledger = desk.ledger
        await desk.decide(THANKS)
        write(shop, SALE)
        await desk.reload()
        await desk.decide(THANKS)
        assert desk.ledger is ledger
        assert desk.ledger.verify().entries == 2


async def test_another_ledger_in_the_files_takes_what_is_decided_from_then_on(shop):
    async with load_desk(shop) as desk:
        first = desk.ledger
        await desk.decide(THANKS)
        path = shop / "policies" / "desk.yaml"
        path.write_text(path.read_text().replace("ledger.sqlite", "next.sqlite"))
        await desk.reload()
        await desk.decide(THANKS)
        assert (first.count(), desk.ledger.count()) == (1, 1)
    first.close()
