import json
import logging

import pytest

from deskquorum.errors import RedactionError
from deskquorum.redaction import RedactingFilter, scrub, scrub_error

MAIL = "anna.bell@example.org"


@pytest.fixture
def log():
    """A logger and the lines that its handler wrote."""
    lines = []

    class Lines(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record) + json.dumps(vars(record), default=str))

    handler = Lines()
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("desk")  # noqa: LOG001 - one of its own, so that tests do not meet
    logger.addHandler(handler)
    return logger, lines


def raised():
    error = ValueError(f"no such customer: {MAIL}")
    error.__cause__ = KeyError(MAIL)
    return error


def test_the_message_and_its_arguments_are_scrubbed(log):
    logger, lines = log
    logger.warning("customer %s called from %s", MAIL, "415-555-0199")
    assert MAIL not in lines[0]
    assert "555-0199" not in lines[0]
    assert lines[0].startswith("customer ⟦EMAIL_ADDRESS⟧ called from ⟦PHONE_NUMBER⟧")


def test_a_traceback_and_its_causes_are_scrubbed(log):
    logger, lines = log
    logger.error("failed", exc_info=raised())
    assert MAIL not in lines[0]
    assert "ValueError: no such customer" in lines[0]


def test_extra_fields_are_scrubbed_and_numbers_stay(log):
    logger, lines = log
    logger.info("done", extra={"who": {"mail": MAIL}, "took_ms": 12})
    assert MAIL not in lines[0]
    assert '"took_ms": 12' in lines[0]


def test_what_can_not_be_scrubbed_is_withheld():
    def fails(_):
        raise RedactionError("late")

    record = logging.makeLogRecord({"msg": MAIL})
    assert RedactingFilter(fails).filter(record)
    assert record.getMessage() == "(withheld: it could not be redacted)"


def test_a_session_can_scrub_for_its_own_requester(opened):
    session = opened("hello", record={"name": "Wendy Torres"})
    record = logging.makeLogRecord({"msg": "wendy torres again"})
    RedactingFilter(session.redact).filter(record)
    assert "wendy" not in record.getMessage()


def test_an_exception_is_told_without_its_values(opened):
    assert MAIL not in scrub_error(raised())
    assert "KeyError" in scrub_error(raised())
    session = opened("hello")
    told = session.redact_error(raised())
    assert MAIL not in told
    assert MAIL in session.restore(told)


def test_scrubbed_text_can_not_be_undone():
    assert scrub(f"mail {MAIL}") == "mail ⟦EMAIL_ADDRESS⟧"
