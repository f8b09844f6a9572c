"""What may go wrong has a title each."""

from typing import get_args

import pytest

from deskquorum.server.problems import problem_response
from deskquorum.weighing import VerdictFault


@pytest.mark.parametrize("code", get_args(VerdictFault))
def test_each_way_in_which_a_verdict_is_not_taken_has_a_title(code):
    assert problem_response(409, code).status_code == 409
