import pytest

from deskquorum.cli.backfill_progress import Pace, watching


@pytest.mark.parametrize(
    ("done", "line"),
    [
        pytest.param(1_000, "1,000 of 50,000", id="nothing-yet"),
        pytest.param(2_000, "2,000 of 50,000, 100.0/s, 8 min 0 s left", id="under-way"),
        pytest.param(1_100, "1,100 of 50,000, 10.0/s, 1 h 21 min left", id="slow"),
        pytest.param(50_000, "50,000 of 50,000, 4,900.0/s, 0 s left", id="done"),
    ],
)
def test_a_line_tells_rate_and_time_left_of_this_run_alone(done, line):
    pace = Pace(total=50_000, done=1_000, started_s=100.0)
    pace.done = done
    assert pace.line(110.0) == line


def test_without_a_terminal_a_line_comes_now_and_then_and_at_the_end(capsys):
    ticking = iter([0.0, 1.0, 6.0, 7.0, 8.0])
    with watching("labeling", total=40, done=0, clock=lambda: next(ticking)) as advance:
        for _ in range(4):
            advance(10)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "labeling: 20 of 40, 3.3/s, 6 s left",
        "labeling: 40 of 40, 5.0/s, 0 s left",
    ]
