from datetime import UTC, datetime

import pytest

from deskquorum.backfill import InputShape, Manifest, begin, begun_at, finish
from deskquorum.backfill.chunks import Line, Survey
from deskquorum.backfill.jobs import Done, Lost
from deskquorum.backfill.parts import parts_of
from deskquorum.errors import InputError

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def manifest(**changed):
    parts = {
        "input": InputShape(items=7, sha256="a", last=7),
        "desk": {"policies": "p", "prompts": "q"},
        "chunk_rows": 3,
        "options": {"question": ["intent"], "skip-bad": False},
        "started_at": AT,
    }
    return Manifest(**{**parts, **changed})


class Lines:
    def survey(self):
        return Survey(items=7, digest="a", last=7)

    def items(self):
        return (Line(number=n, text=f"row {n}") for n in range(1, 8))


class Engine:
    """Gives each line back; loses chunks that it is told to lose."""

    workers = 1

    def __init__(self, *losing):
        self.losing, self.done = losing, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def give(self, chunk):
        self.chunk = chunk

    def next(self):
        chunk = self.chunk
        if chunk.number in self.losing:
            return Lost(number=chunk.number, place=chunk.place, why="it fell")
        self.done.append(chunk.number)
        rows = "".join(f"{item.text}\n" for item in chunk.items)
        return Done(number=chunk.number, rows=rows, summary={"rows": len(chunk.items)})


def run(out, engine, *, resume=False, watch=lambda _: None):
    return finish(
        begin(out, manifest(), resume=resume), Lines(), engine=lambda: engine, watch=watch
    )


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.jsonl"


def test_parts_become_the_output_in_order_and_are_gone(out):
    watched = []
    finished = run(out, Engine(), watch=watched.append)
    assert out.read_text() == "".join(f"row {n}\n" for n in range(1, 8))
    assert watched == [3, 3, 1]
    assert [summary["rows"] for summary in finished.summaries] == [3, 3, 1]
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_a_lost_chunk_leaves_parts_and_no_output_and_only_it_is_done_again(out):
    finished = run(out, Engine(2))
    assert finished.lost == ("lines 4-6: it fell",)
    assert not out.exists()
    engine = Engine()
    assert run(out, engine, resume=True).lost == ()
    assert engine.done == [2]
    assert out.read_text() == "".join(f"row {n}\n" for n in range(1, 8))


def test_an_output_of_before_stays_until_the_new_one_is_whole(out):
    out.write_text("before")
    run(out, Engine(3))
    assert out.read_text() == "before"
    run(out, Engine(), resume=True)
    assert out.read_text().startswith("row 1\n")


def test_unfinished_work_is_not_overwritten_by_accident(out):
    run(out, Engine(2))
    with pytest.raises(InputError, match="--resume, or remove it"):
        begin(out, manifest(), resume=False)


def test_to_resume_what_never_began_is_to_begin(out):
    engine = Engine()
    run(out, engine, resume=True)
    assert engine.done == [1, 2, 3]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        pytest.param({"input": InputShape(items=7, sha256="b", last=7)}, "the input", id="input"),
        pytest.param({"desk": {"policies": "P", "prompts": "q"}}, "the desk's policies", id="desk"),
        pytest.param({"chunk_rows": 4}, "the option --chunk-rows", id="chunks"),
        pytest.param({"options": {"question": [], "skip-bad": False}}, "--question", id="option"),
    ],
)
def test_what_was_begun_otherwise_is_not_gone_on_with(out, changed, named):
    run(out, Engine(2))
    with pytest.raises(InputError, match=named):
        begin(out, manifest(**changed), resume=True)


def test_another_time_of_beginning_is_no_change(out):
    run(out, Engine(2))
    later = manifest(started_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert begin(out, later, resume=True).manifest.started_at == AT


def test_parts_without_a_manifest_are_what_a_removal_left_and_count_for_nothing(out):
    run(out, Engine(2))
    (parts_of(out) / "manifest.json").unlink()
    assert begun_at(out) is None
    assert begin(out, manifest(), resume=True).done == frozenset()


def test_a_half_written_part_is_none(out):
    parts = begin(out, manifest(), resume=False)
    (parts_of(out) / ".00001.jsonl.4711.new").write_text("half")
    assert parts.done == frozenset()


def test_a_manifest_that_is_none_is_told(out):
    run(out, Engine(2))
    (parts_of(out) / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="no manifest of this version"):
        begun_at(out)
