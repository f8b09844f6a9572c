from deskquorum.policy import lint


def test_a_book_s_loose_ends_are_remarked_on(bench):
    book = bench.load(
        more=(
            'policy: more\nversion: "1"\n'
            "clauses: [{id: Z9, text: Nobody cites me.}]\n"
            "actions: {pay: {risk: none, mode: auto}}\n"
            "rules: [{id: never, on: pay, effect: deny, when: order.total_minor < 0, reason: x}]\n"
        ),
    )
    remarks = [str(remark).partition("more.yaml:")[2] for remark in lint(book)]
    assert [remark for remark in remarks if remark] == [
        "3:16: no rule cites clause 'Z9'",
        (
            "4:11: 'pay' is in mode auto without autonomy, so a person sends it; "
            "add autonomy: {max_error: 0.02, confidence: 0.95}"
        ),
        "4:11: no rule allows 'pay', so it always goes to a person",
        "5:14: rule 'never' cites no clause",
        "5:14: rule 'never' matches in no case; add one to the topic's .cases.yaml",
    ]
