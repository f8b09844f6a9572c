"""What counts as a claim, and of which kind."""

import pytest

from deskquorum.grounding.claims import ClaimKind, PolicyAct, extract_claims, lead_in
from deskquorum.grounding.sentences import sentences_of


def texts(reply):
    return [claim.text for claim in extract_claims(reply)]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("One here. Two there.", ["One here.", "Two there."], id="two-sentences"),
        pytest.param("Pay e.g. by card.", ["Pay e.g. by card."], id="abbreviation"),
        pytest.param("It is 1.5 kg. Fine.", ["It is 1.5 kg.", "Fine."], id="decimal"),
        pytest.param("Item NW-1.2 is here.", ["Item NW-1.2 is here."], id="id-with-a-dot"),
        pytest.param("See No. 5 below.", ["See No. 5 below."], id="number-sign"),
        pytest.param("Bring:\n- a bag\n2. a receipt", ["Bring:", "a bag", "a receipt"], id="list"),
        pytest.param("Bring it\nwithin a week.", ["Bring it\nwithin a week."], id="wrapped-line"),
        pytest.param(
            "Returns cost nothing today; shipping stays with you.",
            ["Returns cost nothing today;", "shipping stays with you."],
            id="semicolon",
        ),
        pytest.param(
            "Returns cost nothing if unworn, and shipping stays with you.",
            ["Returns cost nothing if unworn, and shipping stays with you."],
            id="a-condition-stays-with-its-head",
        ),
        pytest.param("", [], id="empty"),
        pytest.param(" \n\t ", [], id="blank"),
    ],
)
def test_a_reply_is_cut_into_these_claims(reply, expected):
    assert texts(reply) == expected


def test_windows_line_ends_cut_like_others():
    reply = "One here.\r\n- two\r\n- three"
    assert [reply[slice(*span)] for span in sentences_of(reply)] == ["One here.", "two", "three"]


@pytest.mark.parametrize(
    "text",
    [
        "Hello ⟦PERSON_1·k7⟧,",
        "Hi Anouk!",
        "Thank you for your message.",
        "I'm sorry for the inconvenience.",
        "Could you please send us a photo of the item?",
        "Please tell us your order number.",
        "Which item of your order is this about?",
        "We are sorry about the delay.",
        "Our policy (R1):",
        "Best regards,",
        "Guten Tag Frau Meier,",
        "Vielen Dank für Ihre Nachricht.",
        "Gracias por escribirnos.",
        "🙂",
    ],
)
def test_courtesies_claim_nothing(text):
    assert [claim.kind for claim in extract_claims(text)] == [ClaimKind.SOCIAL]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Yes.", id="a-yes-confirms-what-was-asked"),
        pytest.param("Yes, of course.", id="a-polite-yes-too"),
        pytest.param("Hi Refund,", id="a-promise-in-a-greeting"),
        pytest.param("Sorry, no refund.", id="a-refusal-in-an-apology"),
        pytest.param("Did you know you can return it within 90 days?", id="a-claim-as-a-question"),
        pytest.param("Would you like the free replacement?", id="an-offer-as-a-question"),
        pytest.param("Please send us the item.", id="a-procedure-as-a-request"),
        pytest.param("You can have this.", id="a-permission-in-small-words"),
        pytest.param("Thanks, we will refund you.", id="a-promise-after-thanks"),
    ],
)
def test_a_claim_in_a_polite_coat_is_still_checked(text):
    assert all(claim.kind is not ClaimKind.SOCIAL for claim in extract_claims(text))


def test_a_signature_is_social_only_after_a_sign_off():
    after = extract_claims("Best regards,\nNorthwind Support")
    alone = extract_claims("Northwind Support")
    assert [claim.kind for claim in after] == [ClaimKind.SOCIAL, ClaimKind.SOCIAL]
    assert [claim.kind for claim in alone] == [ClaimKind.POLICY]


def test_a_promise_below_a_sign_off_is_still_checked():
    claims = extract_claims("Best regards,\nFull refund granted")
    assert claims[-1].kind is ClaimKind.POLICY


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("We will send a new one.", PolicyAct.COMMITMENT),
        ("Your statutory rights remain.", PolicyAct.COMMITMENT),
        ("You are entitled to it.", PolicyAct.ENTITLEMENT),
        ("Express costs 12.50 EUR.", PolicyAct.ENTITLEMENT),
        ("Dogs are allowed inside.", PolicyAct.PERMISSION),
        ("Trials run for three weeks.", PolicyAct.QUANTITY),
        ("Returns start in the account page.", PolicyAct.PROCEDURE),
    ],
)
def test_a_policy_claim_has_the_gravest_act_that_fits(text, act):
    (claim,) = extract_claims(text)
    assert (claim.kind, claim.act) == (ClaimKind.POLICY, act)


def test_a_statement_on_the_order_is_a_case_claim():
    (claim,) = extract_claims("Your order was delivered on 3 May.")
    assert (claim.kind, claim.act) == (ClaimKind.CASE, None)


@pytest.mark.parametrize(
    ("text", "end", "clauses"),
    [
        pytest.param("Our policy (R1): free", 16, {"r1"}, id="policy-and-clause"),
        pytest.param("R2: free", 3, {"r2"}, id="clause-alone"),
        pytest.param("As our terms say: free", 17, set(), id="no-clause-named"),
        pytest.param("Exchanges: free", 0, set(), id="a-topic-is-part-of-the-claim"),
        pytest.param("It is false that our policy says: free", 0, set(), id="a-denial-is-not"),
        pytest.param("free", 0, set(), id="no-colon"),
    ],
)
def test_a_lead_in_only_says_that_the_policy_follows(text, end, clauses):
    found = lead_in(text)
    assert (found.end, found.clauses) == (end, clauses)
