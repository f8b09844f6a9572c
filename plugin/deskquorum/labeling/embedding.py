"""Static word embeddings from the wheel `wordllama`: 256 numbers, a twentieth of a millisecond."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from wordllama.inference import WordLlamaInference

__all__ = ["Embedder", "Vectors", "load_embedder"]

Vectors: TypeAlias = "npt.NDArray[np.float32]"
"""One row of unit length for each text, or of zeros for a text without words."""

_FEW, _MANY = 16, 64
"""Texts that are embedded one by one; texts of a batch above that."""


class Embedder:
    """Texts to vectors."""

    def __init__(self, model: WordLlamaInference) -> None:
        self._model = model

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts; shape (texts, 256), each row of unit length."""
        # Half a character, as JSON escapes can spell it, is refused by the tokenizer.
        whole = [text.lower().encode("utf-8", "replace").decode("utf-8") for text in texts]
        if len(whole) <= _FEW:
            return unit_rows(self._each(whole))
        vectors: Vectors = self._model.embed(whole, norm=False, batch_size=_MANY)  # type: ignore[assignment]
        return unit_rows(vectors)

    def _each(self, texts: Sequence[str]) -> Vectors:
        """The mean of each text's word vectors, as the model's own `embed` counts it.

        A few texts at once wake threads of the tokenizer's own, which cost more than they help; one
        by one its ways around a text cost more than the text.
        """
        import numpy as np

        words, tokenizer = self._model.embedding, self._model.tokenizer
        means = np.zeros((len(texts), words.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            if ids:
                known = words[np.minimum(ids, len(words) - 1)]
                means[row] = known.sum(axis=0) / np.float32(len(ids))
        return means


@cache
def load_embedder() -> Embedder | None:
    """The packaged embeddings, None where the wheel is not installed; nothing is downloaded."""
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        return None
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    from wordllama import WordLlama

    # Its import configures the host's root logger; a library must not.
    root.handlers[:] = handlers
    root.setLevel(level)
    # It looks for its tokenizer in a cache folder only, so the package itself is named as one.
    folder = Path(spec.origin).parent
    return Embedder(WordLlama.load(cache_dir=folder, disable_download=True))


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale rows to unit length; rows of zeros stay."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
