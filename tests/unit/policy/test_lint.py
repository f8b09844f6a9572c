from deskquorum.policy import lint


def test_an_action_that_is_always_held_back_is_no_loose_end(bench):
    head = 'policy: more\nversion: "1"\nclauses: [{id: N1, text: Never.}]\n'
    actions = "actions: {insure: {risk: none}, call: {risk: none}, wait: {risk: none}}\n"
    rules = (
        "rules:\n"
        "  - {id: no, on: insure, effect: deny, cite: N1, reason: x}\n"
        "  - {id: ask, on: call, effect: require_human, cite: N1, reason: x}\n"
        '  - {id: late, on: wait, effect: deny, when: order.id == "a", cite: N1, reason: x}\n'
    )
    remarks = lint(bench.load(more=head + actions + rules))
    said = [str(remark) for remark in remarks if remark.path.endswith("more.yaml")]
    assert [remark.partition(": ")[2] for remark in said if "no rule allows" in remark] == [
        "no rule allows 'wait', so it always goes to a person"
    ]


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
