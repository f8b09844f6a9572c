"""What every engine promises, shown on each of them with two real workers."""

import sys
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from deskquorum.backfill import LocalEngine, RayEngine
from deskquorum.backfill.chunks import Line, cut
from deskquorum.backfill.engines import outcomes
from deskquorum.backfill.jobs import Done, Lost
from deskquorum.errors import InputError

ENGINES = {"local": LocalEngine, "ray": RayEngine}
TEXTS = ["a", "b", "die once", "c", "die", "d", "stumble", "e", "f", "g"]
"""One chunk each."""

HERE = str(Path(__file__).parent)


def lines(texts):
    return [Line(number=number, text=text) for number, text in enumerate(texts, start=1)]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    """Makes an engine of two workers, in whose processes the jobs of these tests are known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)
        patch.setenv("PYTHONPATH", HERE, prepend=":")
        yield partial(ENGINES[request.param], workers=2)
        sys.modules.pop("engine_jobs", None)


@pytest.fixture(scope="module")
def ran(engine, tmp_path_factory):
    """One run over chunks of every kind: the folder of its notes, and chunk to outcome."""
    import engine_jobs

    folder = tmp_path_factory.mktemp("notes")
    with engine(engine_jobs.Shout(folder=folder)) as started:
        found = list(outcomes(started, cut(lines(TEXTS), 1)))
    return folder, {TEXTS[outcome.number - 1]: outcome for outcome in found}, found


def test_every_chunk_has_one_outcome(ran):
    _, by_text, found = ran
    assert len(found) == len(TEXTS)
    assert by_text.keys() == set(TEXTS)


def test_whatever_does_not_end_its_worker_is_done(ran):
    _, by_text, _ = ran
    done = {text: found.rows for text, found in by_text.items() if isinstance(found, Done)}
    assert done == {text: text.upper() for text in TEXTS if text not in {"die", "stumble"}}


def test_a_chunk_whose_worker_ended_is_tried_once_more(ran):
    folder, by_text, _ = ran
    assert (folder / "died").exists()
    assert by_text["die once"].rows == "DIE ONCE"


def test_a_chunk_that_ends_its_worker_twice_is_reported_by_its_place(ran):
    _, by_text, _ = ran
    lost = by_text["die"]
    assert isinstance(lost, Lost)
    assert lost.place == "lines 5-5"
    assert "exit code 9" in lost.why or "its actor was lost" in lost.why


def test_what_a_chunk_stumbles_over_is_told_by_kind_and_place_and_never_in_its_words(ran):
    _, by_text, _ = ran
    lost = by_text["stumble"]
    assert isinstance(lost, Lost)
    assert lost.why.startswith("KeyError at ")
    assert "engine_jobs.py:" in lost.why
    assert "customer" not in lost.why


def test_a_job_is_opened_once_in_each_worker(ran):
    folder, _, _ = ran
    # Two to begin with, and one more after each of the three ends: `die` ends two.
    assert 2 <= len(list(folder.glob("opened-*"))) <= 5


def test_a_job_that_no_worker_can_open_ends_all_work_with_its_reason(engine):
    import engine_jobs

    with (
        engine(engine_jobs.Unopenable()) as started,
        pytest.raises(InputError, match="the desk's prompts changed since the work began"),
    ):
        list(outcomes(started, cut(lines("ab"), 1)))


def test_what_ray_starts_here_listens_on_the_loopback_interface():
    with RayEngine(None, workers=1):
        import ray

        assert ray.get_runtime_context().gcs_address.startswith("127.0.0.1:")


class Immediate:
    """An engine that does a chunk when it is asked for one."""

    workers = 2

    def __init__(self):
        self.given = []

    def give(self, chunk):
        self.given.append(chunk)

    def next(self):
        chunk = self.given.pop()
        return Done(number=chunk.number, rows="", summary={})


def test_chunks_are_drawn_only_as_workers_get_free():
    drawn = []
    endless = (drawn.append(n) or Line(number=n, text="") for n in count(1))
    found = outcomes(Immediate(), cut(endless, 1))
    for _ in range(10):
        next(found)
    assert len(drawn) <= 10 + Immediate.workers


def test_without_ray_its_engine_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'deskquorum\[scale\]'"):
        RayEngine(None, workers=1).__enter__()
