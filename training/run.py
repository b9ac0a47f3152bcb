"""One door to all the steps: `python training/run.py prepare|teacher|mine|static|train|score|distil|export|evaluate|catalog …`.

What follows the step's name goes to that step's own module, `python -m training.<module>`.
"""

import os
import subprocess
import sys
from pathlib import Path

STEPS = {
    "own": ["training.own"],
    "prepare": ["training.prepare"],
    "teacher": ["training.teacher"],
    "mine": ["training.mine"],
    "static": ["training.static"],
    "train": ["training.train"],
    "score": ["training.distil", "score"],
    "distil": ["training.distil", "train"],
    "export": ["training.export"],
    "kernel": ["training.kernel_file"],
    "evaluate": ["training.evaluate"],
    "catalog": ["training.catalog"],
    "cards": ["training.cards"],
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in STEPS:
        raise SystemExit(f"{__doc__}\nsteps: {', '.join(STEPS)}")
    root = Path(__file__).resolve().parent.parent
    environment = os.environ | {"PYTHONPATH": str(root)}
    raise SystemExit(subprocess.call([sys.executable, "-m", *STEPS[sys.argv[1]], *sys.argv[2:]], env=environment))
