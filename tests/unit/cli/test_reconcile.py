"""What the verbs around votes say when something is left out or missing."""

import pytest

from deskquorum.cli.certify import _fewest
from deskquorum.cli.extras import needing_learn
from deskquorum.cli.reconcile import listed
from deskquorum.errors import InputError


def test_a_long_list_of_names_is_cut_and_the_rest_counted():
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"


@pytest.mark.parametrize("library", ["scipy.optimize", "sklearn", "matplotlib", "numpy"])
def test_a_missing_library_names_the_extra_that_brings_it(library):
    with pytest.raises(InputError, match=r"pip install 'deskquorum\[learn\]'"), needing_learn():
        raise ModuleNotFoundError(name=library)


def test_any_other_missing_module_is_no_matter_of_the_extra():
    with pytest.raises(ModuleNotFoundError), needing_learn():
        raise ModuleNotFoundError(name="deskquorum.nothing")


@pytest.mark.parametrize(
    ("max_error", "confidence", "fewest"),
    [
        # 0.95 ** 58 = 0.0510 and 0.95 ** 59 = 0.0485.
        pytest.param(0.05, 0.95, 59, id="five-percent"),
        # 0.99 ** 298 = 0.0500 and 0.99 ** 299 = 0.0495.
        pytest.param(0.01, 0.95, 299, id="one-percent"),
        # 0.5 ** 1 = 1 - 0.5.
        pytest.param(0.5, 0.5, 1, id="exactly-one"),
    ],
)
def test_the_fewest_audits_are_those_of_the_exact_bound_without_errors(
    max_error, confidence, fewest
):
    assert _fewest(max_error, confidence) == fewest
