import pytest

from deskquorum.policy.source import read_tree


def tree(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    problems = []
    node = read_tree(path, problems)
    return node, [(p.line, p.column, p.message) for p in problems]


@pytest.mark.parametrize(
    ("written", "word", "place"),
    [
        pytest.param("when: a == bad", "bad", (1, 12), id="plain"),
        pytest.param("when: 'a == bad'", "bad", (1, 13), id="single-quotes"),
        pytest.param("when: 'a == ''x'' && bad'", "bad", (1, 22), id="doubled-quotes"),
        pytest.param('when: "a == \\"x\\" && bad"', "bad", (1, 22), id="escaped-quotes"),
        pytest.param("when: >-\n  a ==\n  bad", "bad", (3, 3), id="folded"),
        pytest.param("when: >-\n  a\n\n    && b\n  && bad", "bad", (5, 6), id="folded-indented"),
        pytest.param("when: |\n  a ==\n    bad\n", "bad", (3, 5), id="literal"),
        pytest.param("when: a ==\n  bad", "bad", (2, 3), id="plain-over-two-lines"),
        pytest.param("when: ['é', a == bad]", None, (1, 7), id="list-starts-at-its-bracket"),
        pytest.param("é: {when: é == bad}", None, (1, 4), id="accents-are-one-column"),
    ],
)
def test_a_word_of_a_text_is_found_where_it_stands(tmp_path, written, word, place):
    node, problems = tree(tmp_path, written)
    value = node.child("when") or node.child("é")
    assert problems == []
    found = value.place if word is None else value.place_of(value.scalar.index(word))
    assert found == place


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("on: yes", {"on": "yes"}, id="on-and-yes-are-text"),
        pytest.param("a: true", {"a": True}, id="true-is-true"),
        pytest.param("a: 2026-11-01", {"a": "2026-11-01"}, id="dates-stay-text"),
        pytest.param("a: 0x10", {"a": 16}, id="hexadecimal"),
        pytest.param("a: 010", {"a": 10}, id="leading-zero-is-no-octal"),
        pytest.param("a: 1.50", {"a": 1.5}, id="float"),
        pytest.param("a:", {"a": None}, id="nothing"),
        pytest.param("1: a", {"1": "a"}, id="keys-are-text"),
        pytest.param("a: &x [1]\nb: *x", {"a": [1], "b": [1]}, id="alias"),
        pytest.param("\ufeffa: 1", {"a": 1}, id="byte-order-mark"),
        pytest.param("on: no", {"on": "no"}, id="no-is-a-country-not-false"),
        pytest.param("a: [yes, off, y, NO]", {"a": ["yes", "off", "y", "NO"]}, id="switches-too"),
        pytest.param("a: 12:30:00", {"a": "12:30:00"}, id="a-time-of-day-is-no-number-of-sixties"),
        pytest.param("a: 1_000", {"a": 1000}, id="thousands"),
        pytest.param("a: 0o17", {"a": 15}, id="octal"),
        pytest.param("a: ~\nb: null\nc: Null", {"a": None, "b": None, "c": None}, id="null"),
        pytest.param("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}, id="windows-line-ends"),
        pytest.param(
            "a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}, id="alias-of-a-mapping"
        ),
    ],
)
def test_values_are_read_as_json_knows_them(tmp_path, written, value):
    assert tree(tmp_path, written)[0].data == value


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        pytest.param("a: &x {b: 1}\nc: {<<: *x}", (2, 5, "'<<' is not read"), id="merge-key"),
        pytest.param("a:\n\tb: 1", (2, 1, "a tab where spaces are expected"), id="tab"),
        pytest.param("a: b: c", (1, 5, "a second ':' in this line"), id="two-colons"),
        pytest.param("a: 1\nb: 2\na: 3", (3, 1, "key 'a' twice"), id="duplicate-key"),
        pytest.param("", (1, 1, "the file is empty"), id="empty"),
        pytest.param("[a]: 1", (1, 1, "a key must be a single text"), id="list-as-key"),
        pytest.param("a: &x [*x]", (1, 4, "an alias to something that holds it"), id="circle"),
        pytest.param("a: &x 1\nb: &x 2", (2, 4, "anchor '&x' twice"), id="anchor-twice"),
        pytest.param("a: {<<: {b: 1}}", (1, 5, "'<<' is not read"), id="merge-key"),
        pytest.param("when: ! order.paid", (1, 7, "'!' is a tag, which is not read"), id="not"),
        pytest.param(
            "a: !!python/object:os.system x",
            (1, 4, "'!!python/object:os.system' is a tag, which is not read"),
            id="tag",
        ),
        pytest.param("a: .inf", (1, 4, "no plain number: .inf"), id="infinity"),
        pytest.param("a: 1e999", (1, 4, "no plain number: 1e999"), id="too-large-a-number"),
        pytest.param(
            f"a: {'9' * 5000}", (1, 4, f"no plain number: {'9' * 40}..."), id="a-number-of-a-page"
        ),
        pytest.param("a: 1\n---\nb: 2", (2, 1, "a second document"), id="two-documents"),
        pytest.param("a: 1\nb: 'x\nc: 2", (2, 4, "a text without its closing quote"), id="quote"),
        pytest.param("a:\n- b\n-c\n", (3, 1, "a line without ': '"), id="no-colon"),
        pytest.param(
            "a: b\x07", (1, 5, "a character that can't be written here: U+0007"), id="bell"
        ),
        pytest.param(
            "a: 1\nb: x\0y", (2, 5, "a character that can't be written here: U+0000"), id="nul"
        ),
        pytest.param("[" * 20_000, (1, 61, "lists and mappings nested too deeply"), id="too-deep"),
        pytest.param(
            "a: [" + "1, " * 200_000 + "1]",
            (1, 299996, "more than 100000 values, aliases written out"),
            id="too-many-values",
        ),
    ],
)
def test_what_can_not_be_read_is_reported_at_its_place(tmp_path, written, problem):
    assert tree(tmp_path, written)[1] == [problem]


def test_an_unclosed_bracket_is_reported(tmp_path):
    assert tree(tmp_path, "a: [1, 2")[1]


def test_a_file_that_is_not_there_is_reported(tmp_path):
    problems = []
    assert read_tree(tmp_path / "none.yaml", problems) is None
    assert "can't be read" in problems[0].message


def test_a_file_in_another_encoding_is_reported(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes("a: é".encode("latin-1"))
    problems = []
    assert read_tree(path, problems) is None
    assert problems[0].hint == "save it as UTF-8"
    assert (problems[0].line, problems[0].column) == (1, 4)


def test_a_file_of_two_bytes_a_character_is_reported(tmp_path):
    path = tmp_path / "a.yaml"
    for encoding, told in (("utf-16", "not UTF-8"), ("utf-16-le", "U+0000")):
        path.write_bytes("a: 1".encode(encoding))
        problems = []
        assert read_tree(path, problems) is None
        assert told in problems[0].message
        assert problems[0].line == 1
        assert "UTF-8" in problems[0].hint


def test_a_word_of_an_anchored_text_is_found_where_it_stands(tmp_path):
    node, problems = tree(tmp_path, "when: &w a == bad\nagain: *w")
    assert problems == []
    assert node.child("when").place_of(5) == (1, 15)
    assert node.child("again").place == (1, 10)


def test_a_bomb_of_merged_mappings_is_refused_before_it_goes_off(tmp_path):
    rows = ["a0: &a0 {k: v}"]
    rows += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    found, problems = tree(tmp_path, "\n".join(rows))
    assert found is None
    assert problems[-1][2] == "more than 100000 values, aliases written out"


def test_a_bomb_of_aliases_is_refused_before_it_goes_off(tmp_path):
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    found, problems = tree(tmp_path, "\n".join(rows))
    assert found is None
    assert problems == [(1, 37, "more than 100000 values, aliases written out")]


def test_a_file_of_ten_megabytes_is_not_even_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: " + b"x" * 10_000_000)
    problems = []
    assert read_tree(path, problems) is None
    assert (problems[0].message, problems[0].hint) == (
        "longer than 1000000 bytes",
        "split it into several files",
    )


def test_a_line_that_is_not_aligned_is_told_in_plain_words(tmp_path):
    _, problems = tree(tmp_path, "rules:\n  - id: a\n   - id: b\n")
    assert problems == [(3, 4, "not indented like the lines before it")]
