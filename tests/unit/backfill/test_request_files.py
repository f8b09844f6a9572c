import json

from deskquorum.backfill.request_files import RequestFiles, request_line
from deskquorum.llm import ChatMessage, ask_for_label


def line(name="dq-1", *, text="Where is it?", read="schema"):
    messages = [ChatMessage(role="user", content=text)]
    return request_line(name, ask_for_label(messages, ["a", "b"], read=read, model="m-1"))


def test_a_line_is_what_the_api_documents():
    said = json.loads(line(read="logprobs"))
    assert (said["custom_id"], said["method"]) == ("dq-1", "POST")
    assert said["url"] == "/v1/chat/completions"
    assert said["body"] == {
        "model": "m-1",
        "messages": [{"role": "user", "content": "Where is it?"}],
        "max_tokens": 1,
        "temperature": 0.0,
        "logprobs": True,
        "top_logprobs": 20,
    }


def test_half_a_character_is_escaped():
    assert json.loads(line(text="\ud83d"))["body"]["messages"][0]["content"] == "\ud83d"


def test_files_hold_no_more_requests_than_the_api_takes(tmp_path):
    with RequestFiles(tmp_path, most_requests=2) as files:
        for number in range(5):
            files.add("small", line(f"dq-{number}"))
    assert [(file.name, file.requests) for file in files.written] == [
        ("requests-small-0001.jsonl", 2),
        ("requests-small-0002.jsonl", 2),
        ("requests-small-0003.jsonl", 1),
    ]
    written = [p.read_bytes().splitlines(keepends=True) for p in sorted(tmp_path.iterdir())]
    assert [text for lines in written for text in lines] == [line(f"dq-{n}") for n in range(5)]


def test_files_hold_no_more_bytes_than_the_api_takes(tmp_path):
    most = 3 * len(line()) - 1
    with RequestFiles(tmp_path, most_bytes=most) as files:
        for _ in range(4):
            files.add("small", line())
    assert [file.requests for file in files.written] == [2, 2]
    assert all(path.stat().st_size <= most for path in tmp_path.iterdir())


def test_a_file_asks_one_model_only(tmp_path):
    with RequestFiles(tmp_path) as files:
        for model in ("small", "large", "small"):
            files.add(model, line())
    assert [(file.name, file.requests) for file in files.written] == [
        ("requests-large-0001.jsonl", 1),
        ("requests-small-0001.jsonl", 2),
    ]
