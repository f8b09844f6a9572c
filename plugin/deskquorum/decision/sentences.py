"""The one place where reasons become sentences."""

from __future__ import annotations

from deskquorum.domain import Reason

__all__ = ["SENTENCES", "sentence"]

SENTENCES = {
    "execution": "Carrying it out ended unclear: {why}.",
    "done-late": "It turned out at {at} to be done after all (order {key}), so nothing is left to"
    " decide",
    "rule": "Rule {rule}: {text}",
    "no-rule": "No rule allows {action}, and what no rule allows is for a person",
    "missing-fact": "The fact {fact}, which rule {rule} needs, was not read",
    "absent-fact": "The fact {fact}, which rule {rule} needs, is absent (null)",
    "unread-fact": "The fact {fact} was not read from {source} ({why})",
    "wrong-type": "The fact {fact} is not what policies declare ({expected})",
    "limit": "The limit {limit} is reached ({used} used): {text}",
    "limit-currency": "{action} is not in {currency}, so the limit {limit} can't be counted",
    "already-ordered": "{action} was ordered before (order {key}), so it is not ordered once more",
    "not-ordered-again": "{action} was ordered before and is {state} (order {key}), so it is not"
    " ordered again",
    "stopped": "{what} was stopped by {by} at {at}: {why}",
    "rule-error": "Rule {rule} could not be evaluated: {why}",
    "unknown-action": "The action {action} is not declared in any policy",
    "bad-argument": "Argument {argument} of {action} is not what policies declare ({expected})",
    "missing-argument": "Argument {argument} of {action} is missing ({expected})",
    "labeler-failed": "Labeler {labeler} failed on the question {question} ({why})",
    "no-quorum": "Too few labelers agree on the question {question}",
    "nothing-proposed": "No play fits this ticket, so nothing was proposed",
    "guess": "The play {play} fits only if answers that are not settled are right",
    "no-reply": "The action is declined, and no reply was drafted to say so",
    "mode": "{action} is in mode {mode}, so a person sends it",
    "no-certificate": "{action} has neither a certificate nor a sign-off, so a person sends it",
    "certified": "{action} is certified: wrong in at most {max_error} of decisions, with confidence"
    " {confidence}, where the answers it rests on are {threshold} probable or more (here"
    " {probability}; {errors} of {n} audited were wrong, bound {bound}, until {until})",
    "below-threshold": "{action} is certified from probability {threshold} on, and the answers it"
    " rests on have {probability}",
    "certificate-expired": "The certificate of {action} ended on {on}",
    "certificate-void": "The certificate of {action} was issued for what was learned before;"
    " calibrate again",
    "certificate-weaker": "The certificate of {action} promises an error of {promised}, and policy"
    " asks for {asked}",
    "drift": "Labelers of {question} no longer behave as measured ({noticed}); until they are"
    " calibrated again a person decides",
    "label-shift": "The mix of {question} is no longer as it was measured ({noticed}); until the"
    " desk is calibrated again a person decides",
    "new-terms": "Tickets no longer read as those did that labelers were measured on ({noticed});"
    " until they are calibrated again a person decides",
    "signed-off": "{action} was signed off without a certificate by {by}",
    "reply-check": "The reply check found a {check} {verdict}: {why}",
    "leak": "The drafted reply holds personal data ({kind}) that is not the reader's to see",
    "late": "The deadline passed while the desk was busy with {stage}",
    "stage-failed": "The stage {stage} failed ({why})",
    "shed": "The service was busy with as many tickets as it may take on at once",
    "shutting-down": "The service was shutting down before the ticket was decided",
    "attempts": "Deciding the ticket was begun {attempts} times and never finished",
    "no-record": "The ledger could not record the decision",
    "unanswered": "Decision {decision} was recorded too late to be answered, so a person decides",
    "unknown-placeholder": "The reply or an argument holds a placeholder of unknown origin",
}
"""Reason code to its sentence; the fields are the reason's params."""


_FROM_SOURCE = " from {source} ({why})"


def sentence(reason: Reason) -> str:
    """The reason in words; a code that is not listed is given as it stands."""
    template = SENTENCES.get(reason.code)
    if template is None:
        return reason.code
    # Decisions that were recorded before the cause was told have none.
    if reason.code == "rule-error" and "why" not in reason.params:
        template = template.removesuffix(": {why}")
    if reason.code == "reply-check" and str(reason.params.get("clause")) not in str(
        reason.params.get("why")
    ):
        template += " ({clause})"
    if reason.code == "missing-fact" and "why" in reason.params:
        template += _FROM_SOURCE
    try:
        return template.format_map(reason.params).strip()
    except KeyError:
        return reason.code
