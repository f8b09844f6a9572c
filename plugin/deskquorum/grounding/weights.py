"""What each voter of the reply check counts for, as fitted and shipped in `weights.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deskquorum.grounding.voting import FEATURES

__all__ = ["WEIGHTS_FILE", "Weights", "load_weights"]

WEIGHTS_FILE = Path(__file__).with_name("weights.json")
"""Written by `bench/claims.py --fit`, with what it was fitted on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A logistic model over the ballot: no weight is negative, so no vote counts backwards."""

    bias: float
    features: Mapping[str, float]
    doubtful_from: float
    """Risk from which a claim is called contradicted or unsupported."""

    def risk(self, features: Mapping[str, float]) -> float:
        """0..1: how likely the passage says what the clause does not."""
        score = self.bias + math.fsum(self.features[name] * features[name] for name in FEATURES)
        return 1.0 / (1.0 + math.exp(-score))


@cache
def load_weights() -> Weights:
    """The packaged weights."""
    read = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return Weights(
        bias=read["bias"], features=read["features"], doubtful_from=read["doubtful_from"]
    )
