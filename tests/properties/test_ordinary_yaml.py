"""The fast reader of YAML either reads a file as the careful one does, or leaves it alone."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deskquorum.policy.ordinary import ordinary_tree
from deskquorum.policy.source import _carefully

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("policies/**/*.yaml"), *ROOT.glob("examples/**/*.yaml")])

PIECES = (
    *("a", "b", "é", "😀", "a b", "#", " #c", "1", "0", "-1", "1.5", "1e3", "0x1f", "0o7", "010"),
    *("1_0", "true", "True", "yes", "no", "null", "~", "=", "<<", "2026-11-01", "12:30", ".5", "."),
    *(":", ": ", ":\n", "- ", "-", "? ", "?", ",", ", ", "[", "]", "{", "}", "'", '"', "''", '\\"'),
    *(
        "|\n",
        ">\n",
        ">-\n",
        "|+\n",
        "|2\n",
        "\n",
        "\n",
        "\n\n",
        "\n  ",
        "\n  ",
        "\n    ",
        " ",
        "  ",
    ),
    *("&x ", "*x", "!t ", "---\n", "...\n", "%", "\t", "\r", "\\", "\\n", "\\u0041", "\ufeff"),
    *("\x85", "\u2028", "\x00", "@", "`", "a: 1", "a: 1\n", "- a\n", "k: >-\n  a\n   b\n\n  c\n"),
)

texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
scalars = st.sampled_from(
    ["a", "'it''s'", '"q\\n"', "1", "x: y", "yes", "~", "&x b", "*x", "[1, a]"]
)
shaped = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(
            lambda items: "\n".join("- " + item.replace("\n", "\n  ") for item in items)
        ),
        st.dictionaries(st.sampled_from(["a", "b", "1", "'c d'"]), inner, min_size=1).map(
            lambda entries: "\n".join(
                f"{key}:\n  " + value.replace("\n", "\n  ") for key, value in entries.items()
            )
        ),
    ),
    max_leaves=8,
)


def read_carefully(text):
    problems = []
    return _carefully(Path("a.yaml"), text, problems), problems


@pytest.mark.filterwarnings("ignore::ruamel.yaml.error.ReusedAnchorWarning")
@settings(max_examples=500, deadline=None)
@given(texts | shaped)
@example("a: &x [1]\nb: *x\nc: [*x, *x]")
@example("a: |\n  one\n\n  two\n\nb: >-\n  three\n")
@example("a: 1\na: 2")
@example("a: [&x [*x]]")
@example("&k a: 1")
@example("!!str 5")
@example("a: 1\n---\nb: 2")
def test_an_ordinary_file_is_read_as_the_careful_reader_does(text):
    quick = ordinary_tree(text)
    if quick is not None:
        assert read_carefully(text) == (quick, [])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_that_we_ship_is_ordinary(path):
    text = path.read_text(encoding="utf-8")
    assert ordinary_tree(text) == read_carefully(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: 1\na: 2", id="a-key-twice"),
        pytest.param("[a]: 1", id="a-list-as-key"),
        pytest.param("a: &x [*x]", id="an-alias-within-itself"),
        pytest.param("a: *x", id="an-unknown-alias"),
        pytest.param("a: !!str 5", id="a-tag"),
        pytest.param("%YAML 1.1\n---\na: yes", id="a-directive"),
        pytest.param("a: 1\n---\nb: 2", id="two-documents"),
        pytest.param("a:\n\tb: 1", id="a-tab"),
        pytest.param("a: 0x_", id="a-number-that-is-none"),
        pytest.param("", id="nothing"),
        pytest.param("[" * 60 + "]" * 60, id="many-layers"),
        pytest.param("a: &a [x]\n" + "b: [" + "*a, " * 60_000 + "]", id="too-many-values"),
    ],
)
def test_what_may_be_wrong_is_left_to_the_careful_reader(text):
    assert ordinary_tree(text) is None
