"""The benchmarks' measures, against numbers worked by hand."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")

_PATH = Path(__file__).parents[2] / "bench" / "metrics.py"


@pytest.fixture(scope="module")
def metrics():
    spec = importlib.util.spec_from_file_location("bench_metrics", _PATH)
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def _posterior(*rows):
    return np.array(rows, dtype=float)


def _truth(*classes):
    return np.array(classes, dtype=np.int64)


@pytest.mark.parametrize(
    ("rows", "truth", "expected"),
    [
        pytest.param([(0.9, 0.1), (0.2, 0.8)], (0, 0), 0.5, id="one-right-of-two"),
        pytest.param([(0.5, 0.5)], (1,), 0.5, id="a-tie-of-two-is-half-a-point"),
        pytest.param([(0.4, 0.4, 0.2)], (2,), 0.0, id="below-a-tie-is-no-point"),
        pytest.param([(1 / 3, 1 / 3, 1 / 3)] * 3, (0, 1, 2), 1 / 3, id="no-idea-is-chance"),
    ],
)
def test_tied_classes_share_the_point(metrics, rows, truth, expected):
    assert metrics.accuracy(_posterior(*rows), _truth(*truth)) == pytest.approx(expected)


def test_log_loss_is_natural(metrics):
    # (ln 2 + ln 4) / 2
    posterior = _posterior((0.5, 0.5), (0.75, 0.25))
    expected = 1.5 * math.log(2)
    assert metrics.log_loss(posterior, _truth(0, 1)) == pytest.approx(expected)


def test_one_sure_mistake_costs_no_more_than_the_clip(metrics):
    # -ln 0.000001
    assert metrics.log_loss(_posterior((1, 0)), _truth(1)) == pytest.approx(13.8155, abs=1e-4)


@pytest.mark.parametrize(
    ("row", "truth", "expected"),
    [
        pytest.param((1, 0), 0, 0.0, id="sure-and-right"),
        pytest.param((1, 0), 1, 2.0, id="sure-and-wrong"),
        # 0.3^2 + 0.2^2 + 0.1^2
        pytest.param((0.7, 0.2, 0.1), 0, 0.14, id="three-classes"),
    ],
)
def test_brier_sums_over_classes(metrics, row, truth, expected):
    assert metrics.brier(_posterior(row), _truth(truth)) == pytest.approx(expected)


def test_calibration_error_weighs_bins_by_their_items(metrics):
    # Three at 0.9, of which two are right: gap |2/3 - 0.9|; one at 0.6, right: gap 0.4.
    posterior = _posterior((0.9, 0.1), (0.9, 0.1), (0.1, 0.9), (0.6, 0.4))
    expected = 0.75 * (0.9 - 2 / 3) + 0.25 * 0.4
    assert metrics.calibration_error(posterior, _truth(0, 1, 1, 0)) == pytest.approx(expected)


def test_gaps_of_opposite_sign_do_not_cancel_across_bins(metrics):
    # One at 0.7, wrong: 0.7; one at 0.8, right: 0.2; together in one bin they would be 0.25.
    posterior = _posterior((0.7, 0.3), (0.8, 0.2))
    assert metrics.calibration_error(posterior, _truth(1, 0)) == pytest.approx(0.45)


def test_full_certainty_has_a_bin(metrics):
    assert metrics.calibration_error(_posterior((1, 0), (0, 1)), _truth(0, 1)) == 0.0
