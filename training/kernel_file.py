"""A cross-encoder as `model.kernel.safetensors`: int8 with a step per output, for the package's own WASM kernel (src/models/kernel).

Tensors: `words` and `places` int8 rows with `.step` float32 [rows]; `row_of` uint16 [vocabulary]; `types` float32; every matrix int8
[out, in] with `.step` float32 [out] and `.bias` float32 [out]; norms `.weight` and `.bias` float32; `head.weight`, `head.bias` float32.
The shape is in the file's metadata.

    python training/run.py kernel models/findling-rerank-tiny/model.fp16.onnx models/findling-rerank-tiny/model.kernel.safetensors
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from training.crossencoder import CrossEncoder, Shape, pack
from training.paths import log

FORMAT = "findling-bert/1"


def steps_of(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float [rows, columns] → int8 of the same shape and float32 [rows], symmetric."""
    step = np.maximum(np.abs(table).max(1), 1e-12) / 127
    return np.round(table / step[:, None]).astype(np.int8), step.astype(np.float32)


def most_of_eight(values: np.ndarray) -> np.ndarray:
    """[outputs, inputs] → [outputs]: the most that eight weights whose products the kernel adds up in 16 bits come to, those above
    zero or those below (src/models/kernel/layout.ts, fitsShort). Inputs a multiple of 16."""
    eights = values.reshape(len(values), -1, 4, 2, 2)  # sixteen inputs: four times two pairs of neighbours
    above, below = np.maximum(eights, 0).sum((2, 4)), np.maximum(-eights, 0).sum((2, 4))
    return np.maximum(above, below).max((1, 2))


def best_steps(table: np.ndarray, tries: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Like `steps_of`, with each row's step the one of least squared error: narrower than the largest weight asks where that one
    coarsens all the others of its row, and wider where eight products would outgrow 16 bits, for which the kernel has a faster loop."""
    whole = np.maximum(np.abs(table).max(1), 1e-12) / 127
    best, least = whole.copy(), np.full(len(table), np.inf)
    for share in np.geomspace(0.7, 2.8, tries):
        step = whole * share
        values = np.clip(np.round(table / step[:, None]), -127, 127)
        error = ((values * step[:, None] - table) ** 2).sum(1)
        if table.shape[1] % 16 == 0:
            error[most_of_eight(values) > 32767 // 127] = np.inf
        better = error < least
        best[better], least[better] = step[better], error[better]
    return np.clip(np.round(table / best[:, None]), -127, 127).astype(np.int8), best.astype(np.float32)


def tensors_of(model: CrossEncoder) -> dict[str, np.ndarray]:
    state = {name: value.detach().float().numpy() for name, value in model.state_dict().items()}
    out: dict[str, np.ndarray] = {"row_of": state["row_of"].astype(np.uint16)}
    for table in ("words", "places"):
        out[table], out[f"{table}.step"] = steps_of(state[f"{table}.weight"])
    out["types"] = state["types.weight"]
    for name, value in state.items():
        module, _, kind = name.rpartition(".")
        if name in ("row_of", "words.weight", "places.weight", "types.weight"):
            continue
        if kind == "weight" and value.ndim == 2 and module != "head":
            out[module], out[f"{module}.step"] = best_steps(value)
        else:
            out[name] = value.reshape(-1)
    return {name: np.ascontiguousarray(value) for name, value in out.items()}


def write_kernel(model: CrossEncoder, path: Path) -> None:
    shape = model.shape
    if shape.head_size != 32 or any(n % 8 for n in (shape.hidden, shape.inner, shape.heads * 32, shape.width)):
        raise ValueError(f"the kernel needs heads of 32 and sizes that 8 divides, not {shape}")
    about = {"layers": shape.layers, "hidden": shape.hidden, "heads": shape.heads, "inner": shape.inner, "width": shape.width}
    save_file(tensors_of(model), path, metadata={"format": FORMAT, "shape": json.dumps(about)})


def from_kernel(path: Path) -> CrossEncoder:
    """The torch model inside a kernel file, rounded as it is there: to train on from what ships when its checkpoint is gone."""
    with safe_open(path, "numpy") as file:
        about = json.loads(file.metadata()["shape"])
        at = {name: file.get_tensor(name) for name in file.keys()}
    model = CrossEncoder(Shape(**about, rows=len(at["words"]), positions=len(at["places"])))
    state = {}
    for name, old in model.state_dict().items():
        module, _, kind = name.rpartition(".")
        if kind == "weight" and f"{module}.step" in at:
            value = at[module].astype(np.float32) * at[f"{module}.step"][:, None]
        else:
            value = at["types"] if module == "types" else at[name]
        state[name] = torch.from_numpy(value.astype(np.int64) if name == "row_of" else value).reshape(old.shape)
    model.load_state_dict(state)
    return model


def quantised(x: np.ndarray) -> np.ndarray:
    """Rows through the kernel's seven bits and back."""
    low = x.min(1, keepdims=True)
    step = (x.max(1, keepdims=True) - low) / np.float32(127)
    step[step == 0] = 1
    return np.round((x - low) / step) * step + low


class Reader:
    """The kernel's arithmetic in numpy, slow and plain: what the canary's tolerance is measured with."""

    def __init__(self, path: Path):
        with safe_open(path, "numpy") as file:
            self.shape = json.loads(file.metadata()["shape"])
            self.at = {name: file.get_tensor(name) for name in file.keys()}

    def linear(self, x: np.ndarray, name: str) -> np.ndarray:
        weights = self.at[name].astype(np.float32) * self.at[f"{name}.step"][:, None]
        return quantised(x) @ weights.T + self.at[f"{name}.bias"]

    def norm(self, x: np.ndarray, name: str) -> np.ndarray:
        x = x - x.mean(1, keepdims=True)
        return x / np.sqrt((x * x).mean(1, keepdims=True) + 1e-12) * self.at[f"{name}.weight"] + self.at[f"{name}.bias"]

    def attention(self, x: np.ndarray, name: str) -> np.ndarray:
        q, k, v = (self.linear(x, f"{name}.{part}").reshape(len(x), -1, 32).transpose(1, 0, 2) for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / np.float32(np.sqrt(32))
        weights = np.exp(scores - scores.max(2, keepdims=True))
        mixed = weights / weights.sum(2, keepdims=True) @ v
        return self.linear(mixed.transpose(1, 0, 2).reshape(len(x), -1), f"{name}.joined")

    def logit(self, ids: np.ndarray, types: np.ndarray) -> float:
        rows = self.at["row_of"][ids]
        x = self.at["words"][rows].astype(np.float32) * self.at["words.step"][rows][:, None]
        if self.shape["width"]:
            x = x @ (self.at["widen"].astype(np.float32) * self.at["widen.step"][:, None]).T
        x = x + self.at["places"][: len(ids)].astype(np.float32) * self.at["places.step"][: len(ids), None]
        x = self.norm(x + self.at["types"][types], "norm")
        for i in range(self.shape["layers"]):
            x = self.norm(x + self.attention(x, f"layers.{i}"), f"layers.{i}.norm_attention")
            inner = torch.nn.functional.gelu(torch.from_numpy(self.linear(x, f"layers.{i}.inner"))).numpy()
            x = self.norm(x + self.linear(inner, f"layers.{i}.outer"), f"layers.{i}.norm_output")
        return float(x[0] @ self.at["head.weight"] + self.at["head.bias"][0])


def run_kernel(path: Path, pairs: list, most: int = 256) -> np.ndarray:
    """Logits of a kernel file, one pair after another."""
    reader, out = Reader(path), []
    for pair in pairs:
        ids, _, types = (t.numpy()[0] for t in pack([pair], most))
        out.append(reader.logit(ids, types))
    return np.array(out, dtype=np.float32)


if __name__ == "__main__":
    from training.export import from_onnx, load

    options = argparse.ArgumentParser()
    options.add_argument("source", type=Path, help="a checkpoint (.pt) or an fp16 ONNX file that training.export wrote")
    options.add_argument("target", type=Path)
    given = options.parse_args()
    with torch.inference_mode():
        write_kernel(from_onnx(given.source) if given.source.suffix == ".onnx" else load(given.source), given.target)
    log("kernel", file=str(given.target), bytes=given.target.stat().st_size)
