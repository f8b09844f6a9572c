"""The two plots: what is drawn, and that the same numbers give the same file."""

import xml.etree.ElementTree as ET

import pytest

from deskquorum.cli.plots import reliability_svg, risk_coverage_svg
from deskquorum.errors import InputError

PROBABILITY = [0.95, 0.92, 0.92, 0.65, 0.61, 0.3]
RIGHT = [True, True, False, True, False, False]


def words(path):
    """Every text of an SVG, which has to be well-formed XML for that."""
    nodes = ET.parse(path).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - our own file
    return ["".join(node.itertext()).strip() for node in nodes]


def test_the_reliability_diagram_names_its_axes_and_counts_its_bars(tmp_path):
    path = tmp_path / "new" / "reliability.svg"
    reliability_svg(path, PROBABILITY, RIGHT)
    said = words(path)
    assert "Reliability on 6 audited items" in said
    assert {"share of right answers", "probability of the answer", "items"} <= set(said)
    # Three in 0.9..1, two in 0.6..0.7, one in 0.3..0.4.
    assert {"3", "2", "1"} <= set(said)


def test_the_risk_coverage_curve_marks_the_threshold_and_what_is_allowed(tmp_path):
    path = tmp_path / "risk.svg"
    risk_coverage_svg(path, PROBABILITY, RIGHT, threshold=0.92, max_error=0.05)
    said = words(path)
    assert "threshold 0.92: 3 accepted" in said
    assert "allowed, 0.05" in said


@pytest.mark.parametrize("draw", [reliability_svg, risk_coverage_svg])
def test_the_same_numbers_give_the_same_bytes(tmp_path, draw):
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    draw(first, PROBABILITY, RIGHT)
    draw(second, PROBABILITY, RIGHT)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("draw", [reliability_svg, risk_coverage_svg])
def test_one_item_is_enough_for_a_plot(tmp_path, draw):
    draw(tmp_path / "one.svg", [1.0], [True])
    assert words(tmp_path / "one.svg")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        reliability_svg(tmp_path / "file" / "plot.svg", PROBABILITY, RIGHT)
