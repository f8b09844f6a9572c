import json
import subprocess
import sys

import numpy as np
import pytest

from deskquorum.labeling import load_embedder

LOADED = """
import json, logging, socket
def refuse(*_): raise AssertionError("tried to reach the network")
socket.socket.connect = socket.getaddrinfo = refuse
import deskquorum.labeling
before = (len(logging.getLogger().handlers), logging.getLogger().level)
deskquorum.labeling.load_embedder().embed(["a refund, please"])
after = (len(logging.getLogger().handlers), logging.getLogger().level)
print(json.dumps([before, after]))
"""


@pytest.fixture(scope="module")
def embedder():
    return load_embedder()


@pytest.fixture(scope="module")
def loaded():
    """Logging before and after a first use without a network, in a process of its own."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60
    )


def test_loading_leaves_the_hosts_root_logger_alone(loaded):
    before, after = json.loads(loaded.stdout)
    assert after == before


def test_loading_writes_nothing_to_standard_error(loaded):
    assert loaded.stderr == ""


def test_it_is_loaded_once(embedder):
    assert load_embedder() is embedder


def test_rows_are_of_unit_length(embedder):
    vectors = embedder.embed(["where is my parcel", "refund", "¿dónde está?"])
    assert vectors.shape == (3, 256)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_text_without_words_is_a_row_of_zeros(embedder):
    assert not embedder.embed([""]).any()


def test_a_text_embeds_the_same_alone_and_among_others(embedder):
    alone = embedder.embed(["refund"])[0]
    among = embedder.embed(["refund", "a much longer text about parcels and their delivery"])[0]
    assert among == pytest.approx(alone, abs=1e-5)


def test_case_makes_no_difference(embedder):
    lower, upper = embedder.embed(["where is my parcel", "WHERE IS MY PARCEL"])
    assert upper == pytest.approx(lower)


def test_half_a_character_does_not_stop_it(embedder):
    assert embedder.embed(["refund \ud83d please"]).any()


def test_like_texts_are_nearer_than_unlike_ones(embedder):
    refund, like, unlike = embedder.embed(
        ["I want my money back", "please refund me", "the tent pole is bent"]
    )
    assert refund @ like > refund @ unlike
