"""Where things lie. Everything big goes to a work folder outside the repository."""

import json
import os
import random
import time
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FINDLING_SHARED", REPOSITORY.parent / "shared"))
TRAIN = Path(os.environ.get("FINDLING_TRAIN", SHARED / "train"))
EVAL = Path(os.environ.get("FINDLING_EVAL", SHARED / "eval"))
MODELS = Path(os.environ.get("FINDLING_MODELS", REPOSITORY / "models"))
WORK = Path(os.environ.get("FINDLING_WORK", "/tmp/findling-train"))
SEED = 20261121


def work(*parts: str) -> Path:
    """A path inside the work folder, its parent made."""
    path = WORK.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def fix_seeds(seed: int = SEED) -> np.random.Generator:
    """Seed every generator in use; returns the numpy one to pass on."""
    random.seed(seed)
    np.random.seed(seed)
    try:
        import torch

        torch.manual_seed(seed)
    except ImportError:
        pass
    return np.random.default_rng(seed)


def log(step: str, **figures) -> None:
    """One JSON line to the terminal and to WORK/log.jsonl: what happened, when, with which figures."""
    line = json.dumps({"time": time.strftime("%H:%M:%S"), "step": step, **figures})
    print(line, flush=True)
    with open(work("log.jsonl"), "a") as file:
        file.write(line + "\n")
