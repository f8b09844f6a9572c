import pytest

from deskquorum.policy.expansion import expand
from deskquorum.policy.expressions import loop_in, words_of
from deskquorum.policy.named_parts import Part, Use


def test_conditions_are_put_in_brackets():
    assert expand("!cond.a && x", {"cond.a": Part(text="b || c")}).text == "!(b || c) && x"


def test_a_condition_in_a_text_or_a_comment_stays():
    written = "x == 'cond.a' // cond.a"
    assert expand(written, {"cond.a": Part(text="b")}).text == written


def test_a_comment_in_a_condition_does_not_swallow_the_bracket():
    assert expand("cond.a && x", {"cond.a": Part(text="b // why")}).text == "(b // why\n) && x"


def test_a_place_after_a_condition_leads_back_to_the_written_text():
    expanded = expand("cond.a && bad", {"cond.a": Part(text="something long")})
    assert expanded.origin(expanded.text.index("bad")) == ("cond.a && bad".index("bad"), None)


def test_a_place_inside_a_condition_leads_to_its_use():
    expanded = expand("x && cond.a", {"cond.a": Part(text="bad")})
    assert expanded.origin(expanded.text.index("bad")) == (5, Use(name="cond.a"))


def test_an_unknown_condition_is_kept_and_named():
    expanded = expand("x && cond.b", {"cond.a": Part(text="y")})
    assert expanded.text == "x && cond.b"
    assert [(c.message, c.offset) for c in expanded.complaints] == [("unknown condition 'b'", 5)]


def test_words_are_names_texts_and_marks():
    words = [(w.kind, w.text) for w in words_of("a . b.exists(i, i == 'x\\'y') // end")]
    assert words == [
        ("name", "a.b.exists"), ("mark", "("), ("name", "i"), ("mark", ","), ("name", "i"),
        ("mark", "=="), ("text", "'x\\'y'"), ("mark", ")"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("xs.all(x, x > 1)", ("all", "xs", "x", " x > 1"), id="all"),
        pytest.param("m[k].filter(a, a.b).exists(x, x.all(y, y))",
                     ("exists", "m[k].filter(a, a.b)", "x", " x.all(y, y)"), id="of-a-chain"),
        pytest.param("!xs.all(x, x > 1)", None, id="negated"),
        pytest.param("a in xs && ys.exists(y, y)", None, id="joined"),
        pytest.param("xs.exists(x, x) == true", None, id="compared"),
        pytest.param("xs.map(x, x.all(y, y))", None, id="within-another-loop"),
    ],
)  # fmt: skip
def test_a_loop_is_told_by_its_parts(text, parts):
    loop = loop_in(text)
    assert parts == (loop and (loop.kind, loop.items, loop.variable, loop.test))
