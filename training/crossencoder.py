"""The cross-encoders: BERT over [CLS] query [SEP] passage [SEP] with one logit from [CLS].

Written out instead of taken from transformers so that the ONNX graph is plain (no mask gymnastics, Opset 17) and the same
class serves six layers of 384 and two of 128. Loads transformers' BERT weights by name.
"""

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from training.hardware import fast_dtype
from training.tokens import CLS, SEP


@dataclass(frozen=True)
class Shape:
    layers: int
    hidden: int
    heads: int
    inner: int
    rows: int = 30522  # word rows; fewer than the vocabulary when rare tokens share a neighbour's row
    positions: int = 256
    head_size: int = 32
    width: int = 0  # of the word rows when they are narrower than the layers and widened by a matrix (ALBERT's way)

    def as_dict(self) -> dict:
        return asdict(self)


VOCABULARY = 30522
# 25,500 rows keep the int8 file under 20 MiB, the most that one file of a static host may have.
BASE = Shape(layers=6, hidden=384, heads=12, inner=1536, rows=25_500)
# Two of the base's layers with half the heads and a third of the inner rows, over rows of 128: under 6 MB as int8.
TINY = Shape(layers=2, hidden=384, heads=6, inner=512, rows=25_500, width=128)


class Layer(nn.Module):
    """Post-norm transformer layer (Vaswani et al. 2017, as in BERT)."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.heads, self.size = shape.heads, shape.head_size
        wide = shape.heads * shape.head_size
        self.query, self.key, self.value = (nn.Linear(shape.hidden, wide) for _ in range(3))
        self.joined = nn.Linear(wide, shape.hidden)
        self.norm_attention, self.norm_output = (nn.LayerNorm(shape.hidden, eps=1e-12) for _ in range(2))
        self.inner, self.outer = nn.Linear(shape.hidden, shape.inner), nn.Linear(shape.inner, shape.hidden)

    def forward(self, x: torch.Tensor, bias: torch.Tensor, only_first: bool, fused: bool) -> torch.Tensor:
        """x [batch, tokens, hidden]; bias [batch, 1, 1, tokens], 0 or very negative.

        With `only_first` just the [CLS] row is computed, [batch, 1, hidden]: all that the last layer is asked for.
        """
        asked = x[:, :1] if only_first else x
        q, k, v = (
            part(of).unflatten(-1, (self.heads, self.size)).transpose(1, 2)
            for part, of in ((self.query, asked), (self.key, x), (self.value, x))
        )
        if fused:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        else:  # on CPU torch's fused backward is half of a training step; and quantisers see two MatMuls and a Softmax
            mixed = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(self.size) + bias.to(q.dtype), -1) @ v
        x = self.norm_attention(asked + self.joined(mixed.transpose(1, 2).flatten(2)))
        return self.norm_output(x + self.outer(F.gelu(self.inner(x))))


class CrossEncoder(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.rows, shape.width or shape.hidden)
        self.widen = nn.Linear(shape.width, shape.hidden, bias=False) if shape.width else nn.Identity()
        # Token id → word row; the identity until rare tokens are folded onto their neighbours.
        self.register_buffer("row_of", torch.arange(VOCABULARY) % shape.rows)
        self.places = nn.Embedding(shape.positions, shape.hidden)
        self.types = nn.Embedding(2, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, eps=1e-12)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.head = nn.Linear(shape.hidden, 1)
        self.plain = False
        self.apply(self._begin)

    @staticmethod
    def _begin(module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, input_ids, attention_mask, token_type_ids) -> torch.Tensor:
        """int64 [batch, tokens] each → float logits [batch, 1]."""
        at = torch.arange(input_ids.shape[1], device=input_ids.device)
        rows = input_ids if self.shape.rows == VOCABULARY else self.row_of[input_ids]
        x = self.norm(self.widen(self.words(rows)) + self.places(at)[None] + self.types(token_type_ids))
        bias = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * -10000.0
        fused = not self.plain and not self.training
        for i, layer in enumerate(self.layers):
            x = layer(x, bias, i == len(self.layers) - 1, fused)
        return F.linear(x[:, 0].float(), self.head.weight.float(), self.head.bias.float())


def folding(words: torch.Tensor, counts: np.ndarray, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Keep the `rows` most frequent tokens; any other shares the row of its nearest kept one (by cosine), so that a rare
    word still matches itself. words [vocabulary, hidden] → (row_of int64 [vocabulary], kept token ids int64 [rows])."""
    order = np.argsort(-counts, kind="stable")
    kept = np.sort(order[:rows])
    unit = F.normalize(words.float(), dim=1)
    row_of = torch.empty(len(words), dtype=torch.int64)
    for start in range(0, len(words), 2048):
        row_of[start : start + 2048] = (unit[start : start + 2048] @ unit[kept].T).argmax(1)
    row_of[torch.from_numpy(kept)] = torch.arange(rows)
    return row_of, torch.from_numpy(kept)


def from_bert(model: CrossEncoder, weights: dict[str, torch.Tensor], counts: np.ndarray) -> None:
    """Fill the body from transformers' BertModel weights; the head keeps its fresh start."""
    names = {"words": "embeddings.word_embeddings", "places": "embeddings.position_embeddings",
             "types": "embeddings.token_type_embeddings", "norm": "embeddings.LayerNorm"}
    parts = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
             "joined": "attention.output.dense", "norm_attention": "attention.output.LayerNorm",
             "inner": "intermediate.dense", "outer": "output.dense", "norm_output": "output.LayerNorm"}
    for i in range(model.shape.layers):
        names |= {f"layers.{i}.{ours}": f"encoder.layer.{i}.{theirs}" for ours, theirs in parts.items()}
    state = model.state_dict()
    for key in state:
        module, _, kind = key.rpartition(".")
        if module in names:
            state[key] = weights[f"{names[module]}.{kind}"].clone()
    state["places.weight"] = state["places.weight"][: model.shape.positions]
    state["row_of"], kept = folding(state["words.weight"], counts, model.shape.rows)
    state["words.weight"] = state["words.weight"][kept]
    model.load_state_dict(state)


def strongest(values: torch.Tensor, count: int) -> torch.Tensor:
    """Indices of the `count` largest, in their old order."""
    return values.topk(count).indices.sort().values


def pruned(big: CrossEncoder, shape: Shape, layers: tuple[int, ...]) -> CrossEncoder:
    """A smaller cross-encoder out of a bigger one's parts: some layers, of each the heads and inner rows with the largest
    weights (Michel et al. 2019 prune heads alike), and word rows on their first principal axes."""
    small = CrossEncoder(shape)
    with torch.no_grad():
        table = big.words.weight.float()
        values, axes = torch.linalg.eigh(table.T @ table)
        axes = axes.flip(1)[:, : shape.width]
        small.words.weight.copy_(table @ axes)
        small.widen.weight.copy_(axes)
        small.row_of.copy_(big.row_of)
        for mine, theirs in ((small.places, big.places), (small.types, big.types), (small.norm, big.norm), (small.head, big.head)):
            mine.load_state_dict(theirs.state_dict())
        for mine, number in zip(small.layers, layers):
            theirs = big.layers[number]
            power = (theirs.joined.weight.T.norm(dim=1) * theirs.value.weight.norm(dim=1)).unflatten(0, (-1, shape.head_size)).sum(1)
            heads = strongest(power, shape.heads)
            rows = (heads[:, None] * shape.head_size + torch.arange(shape.head_size)).flatten()
            inner = strongest(theirs.inner.weight.norm(dim=1) * theirs.outer.weight.norm(dim=0), shape.inner)
            for name in ("query", "key", "value"):
                getattr(mine, name).weight.copy_(getattr(theirs, name).weight[rows])
                getattr(mine, name).bias.copy_(getattr(theirs, name).bias[rows])
            mine.joined.weight.copy_(theirs.joined.weight[:, rows])
            mine.joined.bias.copy_(theirs.joined.bias)
            mine.inner.weight.copy_(theirs.inner.weight[inner])
            mine.inner.bias.copy_(theirs.inner.bias[inner])
            mine.outer.weight.copy_(theirs.outer.weight[:, inner])
            mine.outer.bias.copy_(theirs.outer.bias)
            mine.norm_attention.load_state_dict(theirs.norm_attention.state_dict())
            mine.norm_output.load_state_dict(theirs.norm_output.state_dict())
    return small


def shortened(big: CrossEncoder, layers: tuple[int, ...], inner: int) -> CrossEncoder:
    """The model with these of its layers only, each widened to `inner` rows whose new ones say nothing yet."""
    small = CrossEncoder(replace(big.shape, layers=len(layers), inner=inner))
    state = small.state_dict()
    for name, value in state.items():
        path = name.split(".")
        if path[0] == "layers":
            path[1] = str(layers[int(path[1])])
        old = big.state_dict()[".".join(path)]
        if path[-2:] == ["outer", "weight"]:
            value.zero_()
        value[tuple(slice(size) for size in old.shape)] = old
    small.load_state_dict(state)
    return small


def pack(pairs: list[tuple[np.ndarray, np.ndarray]], most: int, most_query: int = 40) -> tuple[torch.Tensor, ...]:
    """Token pairs → ids, mask, types, int64 [rows, longest]; the passage is what gets cut."""
    rows = []
    for query, passage in pairs:
        query = query[:most_query]
        rows.append((query, passage[: most - len(query) - 3]))
    longest = max(len(q) + len(p) + 3 for q, p in rows)
    ids, mask, types = (np.zeros((len(rows), longest), np.int64) for _ in range(3))
    for i, (query, passage) in enumerate(rows):
        first, end = len(query) + 2, len(query) + len(passage) + 3
        ids[i, 0], ids[i, 1 : first - 1], ids[i, first - 1] = CLS, query, SEP
        ids[i, first : end - 1], ids[i, end - 1] = passage, SEP
        mask[i, :end], types[i, first:end] = 1, 1
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(types)


def score_pairs(model: CrossEncoder, pairs: list, most: int, batch: int = 32, amp: bool = True) -> torch.Tensor:
    """Logits float32 [pairs] of (query tokens, passage tokens); batched by length, differentiable when grad is on."""
    order = np.argsort([min(len(p), most) for _, p in pairs], kind="stable")
    device = next(model.parameters()).device
    out = []
    for start in range(0, len(order), batch):
        part = pack([pairs[i] for i in order[start : start + batch]], most)
        with torch.autocast(device.type, torch.bfloat16, enabled=amp and fast_dtype() is torch.bfloat16):
            out.append(model(*(t.to(device) for t in part)).float().squeeze(1))
    back = torch.empty(len(order), dtype=torch.int64)
    back[torch.from_numpy(order.copy())] = torch.arange(len(order))
    return torch.cat(out)[back.to(device)]
