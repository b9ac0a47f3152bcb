"""The static embedder as it ships: int8 rows × scales, summed over a text's tokens, normalised. No torch needed."""

import json
from pathlib import Path

import numpy as np

from training.ragged import Ragged
from training.tokens import token_lists

DIMENSIONS = 256
MATRYOSHKA = [64, 128, 256]


class StaticEmbedder:
    """`rows` int8 [vocabulary, 256], `scales` float32 [vocabulary]; the learned token weight is inside the scale."""

    def __init__(self, rows: np.ndarray, scales: np.ndarray, dimensions: int = DIMENSIONS):
        self.table = rows[:, :dimensions].astype(np.float32) * scales[:, None]

    @staticmethod
    def load(folder: Path, dimensions: int = DIMENSIONS) -> "StaticEmbedder":
        rows = np.fromfile(folder / "rows.i8", dtype=np.int8).reshape(-1, DIMENSIONS)
        return StaticEmbedder(rows, np.fromfile(folder / "scales.f32", dtype="<f4"), dimensions)

    def embed(self, texts: list[str]) -> np.ndarray:
        """float32 [texts, dimensions], unit length; a text without tokens is the zero vector."""
        ragged = Ragged.of(token_lists(texts, 100_000))
        out = np.zeros((len(texts), self.table.shape[1]), np.float32)
        for i in range(len(texts)):
            if len(ragged[i]):
                out[i] = self.table[ragged[i]].sum(0)
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


def quantise(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 [vocabulary, 256] → int8 rows and float32 scales with rows × scales ≈ table."""
    scales = np.abs(table).max(axis=1) / 127
    safe = np.where(scales > 0, scales, 1)
    return np.round(table / safe[:, None]).astype(np.int8), scales.astype("<f4")


def write(folder: Path, table: np.ndarray) -> None:
    """Write rows.i8, scales.f32 and config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, scales = quantise(table)
    rows.tofile(folder / "rows.i8")
    scales.tofile(folder / "scales.f32")
    config = {"dimensions": DIMENSIONS, "matryoshka": MATRYOSHKA, "vocabulary": "wordpiece", "tokens": len(rows),
              "maxTokens": None, "pooling": "sum", "normalise": True}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
