"""Token lists of different lengths in two flat arrays: small on disk, quick to gather."""

from pathlib import Path

import numpy as np


class Ragged:
    """`ids` uint16 [total tokens] and `starts` int64 [rows + 1]: row i is ids[starts[i]:starts[i+1]]."""

    def __init__(self, ids: np.ndarray, starts: np.ndarray):
        self.ids, self.starts = ids, starts

    @staticmethod
    def of(rows) -> "Ragged":
        lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
        starts = np.concatenate([[0], np.cumsum(lengths)])
        ids = np.concatenate([np.asarray(r, dtype=np.uint16) for r in rows]) if len(rows) else np.zeros(0, np.uint16)
        return Ragged(ids, starts)

    @staticmethod
    def load(path: Path) -> "Ragged":
        with np.load(path) as file:
            return Ragged(file["ids"], file["starts"])

    def save(self, path: Path) -> None:
        np.savez(path, ids=self.ids, starts=self.starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        return self.ids[self.starts[row] : self.starts[row + 1]]

    def lengths(self) -> np.ndarray:
        return np.diff(self.starts)

    def bag(self, rows: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows' first `most` tokens as (flat ids int64, offsets int64): what EmbeddingBag takes."""
        begins = self.starts[rows]
        lengths = np.minimum(self.starts[rows + 1] - begins, most)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        where = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths) + np.repeat(begins, lengths)
        return self.ids[where].astype(np.int64), offsets[:-1]
