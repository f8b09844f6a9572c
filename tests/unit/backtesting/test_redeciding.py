import pytest

from deskquorum.backtesting import Counted, Tally, redecide

NEVER = "{id: never, on: pay, effect: deny, cite: [C1], reason: never}"


def test_the_same_files_make_no_difference(entry, rulebook):
    again = redecide(entry(), rulebook())
    assert (again.differs, again.told) == ((), True)


def test_the_order_of_rules_is_no_difference(entry, rulebook):
    one, two = (f"{{id: {name}, on: pay, effect: deny, reason: no}}" for name in ("one", "two"))
    recorded = entry(rules=rulebook(one, two))
    assert redecide(recorded, rulebook(two, one)).differs == ()


def test_another_effect_is_a_difference_with_its_rules(entry, rulebook):
    again = redecide(entry(), rulebook(NEVER))
    assert {"route", "effect", "rules"} <= set(again.differs)
    assert again.after.rulings[1].rules == ("never",)


def test_the_stake_is_the_amount_in_its_currency(entry, rulebook, euros):
    assert redecide(entry(amount="10.10"), rulebook(NEVER)).stake == euros("10.10")


def test_an_amount_told_as_a_whole_number_is_at_stake_too(entry, rulebook, euros):
    assert redecide(entry(amount=10), rulebook(NEVER)).stake == euros("10.00")


@pytest.mark.parametrize("amount", ["ten", "10.105", "-"])
def test_what_is_no_amount_is_nothing_at_stake(entry, rulebook, amount):
    assert redecide(entry(amount=amount), rulebook(NEVER)).stake == {}


def test_sums_are_exact(entry, rulebook, euros):
    tally = Tally(keep=5, labelers=frozenset(), prompts={}, learned="")
    rules = rulebook(NEVER)
    for amount in ("0.10", "0.20"):
        tally.add(redecide(entry(amount=amount), rules))
    assert list(tally.stakes.values()) == [euros("0.30")]


def test_a_tally_keeps_no_more_than_it_was_told(entry, rulebook):
    tally = Tally(keep=3, labelers=frozenset(), prompts={}, learned="")
    again = redecide(entry(), rulebook(NEVER))
    for _ in range(10):
        tally.add(again)
    assert (len(tally.kept), tally.changed) == (3, 10)


def test_tallies_of_parts_add_up_to_the_tally_of_the_whole(entry, rulebook):
    rules = rulebook(NEVER)
    entries = [entry(amount=amount) for amount in ("0.10", "0.20", "ten", "7.00")]

    def tally(some):
        counts = Tally(keep=0, labelers=frozenset({"words", "gone"}), prompts={}, learned="")
        for recorded in some:
            counts.add(redecide(recorded, rules))
        return counts.counted()

    added = Tally(keep=0, labelers=frozenset({"words", "gone"}), prompts={}, learned="")
    for part in (entries[:1], entries[1:3], [], entries[3:]):
        added.take_in(Counted.model_validate_json(tally(part).model_dump_json()))
    assert added.counted() == tally(entries)
    assert added.counted().silent == ["gone"]
