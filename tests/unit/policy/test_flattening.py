import pytest

from deskquorum.policy import flattened


@pytest.mark.parametrize(
    ("nested", "found"),
    [
        pytest.param({"order": {"status": "new"}}, {"order.status": "new"}, id="record"),
        pytest.param({"order.status": "new"}, {"order.status": "new"}, id="flat"),
        pytest.param(
            {"order": {}}, {"order.status": None}, id="absent-from-a-record-that-was-sent"
        ),
        pytest.param({}, {}, id="record-not-sent"),
        pytest.param({"order": None}, {}, id="null-for-a-record"),
        pytest.param({"order": "x"}, {}, id="text-for-a-record"),
        pytest.param({"stock": {"a": {"left": 1}}}, {"stock": {"a": {"left": 1}}}, id="map"),
        pytest.param({"other": {"x": 1}}, {}, id="nobody-declared-it"),
    ],
)
def test_declared_facts_are_found_in_nested_records(nested, found):
    assert flattened(nested, ["order.status", "stock"]) == found
