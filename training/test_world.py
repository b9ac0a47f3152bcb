"""What world.jsonl must be: complete, and not taken from the test sets. `python -m unittest training.test_world`, without packages but numpy."""

import json
import re
import unittest
from pathlib import Path

from training.paths import EVAL, REPOSITORY

SETS = [json.loads(line) for line in (REPOSITORY / "training" / "world.jsonl").read_text(encoding="utf-8").splitlines()]
# Words that say nothing about what is asked.
STOP = set("a an and are as at be by can did do does for from how in is it its of on or than that the this to was were what when where which who why with".split())
ALIKE = 0.6


def words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower())) - STOP


class Sets(unittest.TestCase):
    def test_grade_every_passage_for_every_query(self):
        self.assertEqual(len({each["t"].lower() for each in SETS}), len(SETS))
        for each in SETS:
            self.assertEqual(len(each["p"]), 12, each["t"])
            for query, grades in each["q"]:
                self.assertRegex(grades, r"^[0-3]{12}$", query)
                self.assertRegex(grades, r"[23]", query)

    @unittest.skipIf(not EVAL.exists(), f"{EVAL} is not here")
    def test_ask_nothing_that_a_test_set_asks(self):
        asked = [words(query) for each in SETS for query, _ in each["q"]]
        for path in Path(EVAL).glob("*/queries.jsonl"):
            for line in path.read_text(encoding="utf-8").splitlines():
                text = json.loads(line)["text"]
                judged = words(text)
                nearest = max(len(judged & each) / max(1, len(judged | each)) for each in asked)
                self.assertLess(nearest, ALIKE, text)


if __name__ == "__main__":
    unittest.main()
