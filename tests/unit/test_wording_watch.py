import random
from datetime import UTC, datetime

import pytest

from deskquorum.drift_watch import DriftWatch
from deskquorum.novelty import fit_reference, read_reference, write_reference
from deskquorum.reconciliation import Learned, read_learned
from deskquorum.testing import make_redacted_ticket
from deskquorum.wording_watch import WordingWatch

AT = datetime(2026, 3, 1, tzinfo=UTC)
SYLLABLES = [a + b for a in "bdfgklmnprst" for b in "aeiou"]


def vocabulary(seed, size=500):
    chance = random.Random(seed)  # noqa: S311 - made-up words
    return ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(size)]


def texts(words, count, *, seed):
    """A few words are common and most are rare, as in any language."""
    chance = random.Random(seed)  # noqa: S311 - made-up texts
    weights = [1 / (n + 3) for n in range(len(words))]
    return [" ".join(chance.choices(words, weights, k=chance.randint(4, 20))) for _ in range(count)]


USUAL, NEW = vocabulary(1), vocabulary(2, 100)
REFERENCE = fit_reference(texts(USUAL, 400, seed=0), None, made_at=AT)


def tickets(count, *, seed, new=0.0):
    """Texts like the past ones; of a share of them half the words are new."""
    chance = random.Random(seed)  # noqa: S311 - made-up tickets
    usual, strange = texts(USUAL, count, seed=seed + 1000), texts(NEW, count, seed=seed + 2000)
    for n, (plain, odd) in enumerate(zip(usual, strange, strict=True)):
        text = f"{plain} {odd}" if chance.random() < new else plain
        yield make_redacted_ticket(text, id=f"{seed}-{n}")


def found_after(watch, stream):
    """Tickets until the alarm; None where none came."""
    return next((n + 1 for n, ticket in enumerate(stream) if watch.notices(ticket)), None)


@pytest.mark.parametrize("seed", range(12))
def test_a_thousand_tickets_like_the_past_ones_raise_no_alarm(seed):
    # The chance is 1,000 / 200,000 at most for each of these.
    assert found_after(WordingWatch(REFERENCE, None), tickets(1000, seed=seed)) is None


@pytest.mark.parametrize(
    ("share", "within"), [(0.05, 1500), (0.1, 450), (0.2, 200)], ids=["5%", "10%", "20%"]
)
def test_new_words_are_noticed_within_so_many_tickets(share, within):
    delays = [
        found_after(WordingWatch(REFERENCE, None), tickets(within, seed=seed, new=share))
        for seed in range(5)
    ]
    assert None not in delays


def test_new_words_after_a_long_quiet_time_are_noticed_as_soon():
    watch = WordingWatch(REFERENCE, None)
    assert found_after(watch, tickets(1500, seed=20)) is None
    assert found_after(watch, tickets(300, seed=21, new=0.2)) is not None


def test_another_language_is_noticed():
    german = "Guten Tag, meine Lieferung ist noch nicht angekommen"
    stream = (make_redacted_ticket(f"{german} {n}", id=str(n)) for n in range(100))
    assert found_after(WordingWatch(REFERENCE, None), stream) is not None


def test_tickets_without_words_are_no_news():
    stream = (make_redacted_ticket("4711 ?!", id=str(n)) for n in range(500))
    assert found_after(WordingWatch(REFERENCE, None), stream) is None


def test_a_watch_of_the_same_reference_goes_on_where_the_one_before_was(tmp_path):
    write_reference(tmp_path, REFERENCE)
    stream = list(tickets(400, seed=30, new=0.3))
    whole = found_after(WordingWatch(read_reference(tmp_path), None), stream)
    before, after = (WordingWatch(read_reference(tmp_path), None) for _ in range(2))
    assert found_after(before, stream[: whole - 1]) is None
    assert after.go_on_from(before)
    assert found_after(after, stream[whole - 1 :]) == 1
    other = WordingWatch(fit_reference(texts(NEW, 60, seed=4), None, made_at=AT), None)
    assert not other.go_on_from(before)


def watch_in(folder, alarms=(), reference=REFERENCE):
    learned = Learned(alarms=tuple(alarms))
    return DriftWatch(learned, folder, wording=WordingWatch(reference, None))


@pytest.mark.anyio
async def test_new_terms_give_every_ticket_to_a_person_and_a_restart_does_not_end_it(tmp_path):
    watch = watch_in(tmp_path)
    reasons = ()
    for ticket in tickets(400, seed=40, new=0.3):
        reasons = await watch.drifts(ticket, ())
    # The last ticket may well be a usual one: all stop, not only those that are strange.
    (reason,) = reasons
    assert reason.code == "new-terms"
    assert "of tickets hold more unknown words" in reason.params["noticed"]
    (alarm,) = read_learned(tmp_path, {}).alarms
    assert (alarm.kind, alarm.question, alarm.noticed) == ("terms", "", reason.params["noticed"])
    usual = next(tickets(1, seed=41))
    assert await watch_in(tmp_path, [alarm]).drifts(usual, ()) == (reason,)


@pytest.mark.anyio
async def test_new_terms_go_on_with_the_reference_that_they_are_about(tmp_path):
    before = watch_in(tmp_path)
    for ticket in tickets(400, seed=40, new=0.3):
        await before.drifts(ticket, ())
    usual = next(tickets(1, seed=41))
    same = watch_in(tmp_path)
    same.go_on_from(before)
    assert [reason.code for reason in await same.drifts(usual, ())] == ["new-terms"]
    written = fit_reference(texts(NEW, 60, seed=4), None, made_at=AT)
    write_reference(tmp_path / "new", written)
    calibrated = watch_in(tmp_path, reference=read_reference(tmp_path / "new"))
    calibrated.go_on_from(before)
    assert await calibrated.drifts(usual, ()) == ()


@pytest.mark.anyio
async def test_a_conversation_counts_once_however_often_it_is_decided(tmp_path):
    watch = watch_in(tmp_path)
    strange = make_redacted_ticket("voltage inverter panel rooftop", id="one")
    for _ in range(500):
        assert await watch.drifts(strange, ()) == ()
