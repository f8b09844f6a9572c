from deskquorum.policy.expressions import expand, words_of


def test_conditions_are_put_in_brackets():
    assert expand("!cond.a && x", {"cond.a": "b || c"}).text == "!(b || c) && x"


def test_a_condition_in_a_text_or_a_comment_stays():
    written = "x == 'cond.a' // cond.a"
    assert expand(written, {"cond.a": "b"}).text == written


def test_a_comment_in_a_condition_does_not_swallow_the_bracket():
    assert expand("cond.a && x", {"cond.a": "b // why"}).text == "(b // why\n) && x"


def test_a_place_after_a_condition_leads_back_to_the_written_text():
    expanded = expand("cond.a && bad", {"cond.a": "something long"})
    assert expanded.origin(expanded.text.index("bad")) == ("cond.a && bad".index("bad"), None)


def test_a_place_inside_a_condition_leads_to_its_use():
    expanded = expand("x && cond.a", {"cond.a": "bad"})
    assert expanded.origin(expanded.text.index("bad")) == (5, "cond.a")


def test_an_unknown_condition_is_kept_and_named():
    expanded = expand("x && cond.b", {"cond.a": "y"})
    assert [(word.text, word.start) for word in expanded.unknown] == [("cond.b", 5)]


def test_words_are_names_texts_and_marks():
    words = [(w.kind, w.text) for w in words_of("a . b.exists(i, i == 'x\\'y') // end")]
    assert words == [
        ("name", "a.b.exists"), ("mark", "("), ("name", "i"), ("mark", ","), ("name", "i"),
        ("mark", "=="), ("text", "'x\\'y'"), ("mark", ")"),
    ]  # fmt: skip
