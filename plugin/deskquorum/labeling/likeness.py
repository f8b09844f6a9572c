"""What was held of past texts, for texts that read like them: a kernel density over groups.

Its points are the middles of groups of past texts, never single ones: short texts can be guessed
from their embeddings (Morris et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from deskquorum.labeling.embedding import Vectors

__all__ = ["Likeness"]

_SHARPNESS = 8
"""Power of the cosine: half as much is said at a cosine of 0.92 as at 1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likeness:
    """Groups of past texts with what was held of them."""

    middles: Vectors
    """Groups x dimensions, rows of unit length; there may be no group."""
    shares: npt.NDArray[np.float32]
    """Groups x labels, rows sum to 1."""
    background: float
    """Weight of knowing nothing; above 0, so that a text unlike all others is held for anything."""

    def nearness(self, meaning: Vectors) -> npt.NDArray[np.float64]:
        """How much each group says of each text, from 0 to 1; texts x groups."""
        import numpy as np

        near: npt.NDArray[np.float64] = np.clip(meaning @ self.middles.T, 0.0, 1.0) ** _SHARPNESS
        return near

    def probabilities(self, meaning: Vectors) -> npt.NDArray[np.float64]:
        """Texts x labels, rows sum to 1.

        Args:
            meaning: Texts x dimensions, rows of unit length or of zeros.
        """
        near = self.nearness(meaning)
        labels = self.shares.shape[1]
        said = near @ self.shares + self.background / labels
        found: npt.NDArray[np.float64] = said / said.sum(axis=1, keepdims=True)
        return found
