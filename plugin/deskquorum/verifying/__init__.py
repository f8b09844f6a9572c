"""A draft's open claims go to a model; its votes on them come back, as evidence for the judgement.

Each prompt of `prompts/checks` asks one small question about one claim, or one of them asks about
all claims of the draft in one call. The votes are gathered before the pure judgement, so that a
decision can be judged again without a model.
"""

from deskquorum.verifying.checks import Checks, load_checks
from deskquorum.verifying.verifier import Calls, Verified, Verifier

__all__ = ["Calls", "Checks", "Verified", "Verifier", "load_checks"]
