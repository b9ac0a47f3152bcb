"""A lexical first stage close to the engine's own: BM25+ over title and text, stop words dropped, Porter stems.

MiniSearch's formula (k1 1.2, b 0.7, d 0.5), summed over the fields with a boost for the title and multiplied by the
number of the query's terms that matched, so that what is mined here is what the engine will later have to reorder.
"""

import re

import numpy as np
import scipy.sparse as sparse

K1, B, D = 1.2, 0.7, 0.5
WORD = re.compile(r"[^\W_]+", re.UNICODE)
STOP = frozenset(
    """a about after all also am an and any are as at be because been before being both but by can could did do does
    doing down during each few for from further had has have having he her here hers him his how i if in into is it its
    itself just me more most my no nor not now of off on once only or other our out over own same she should so some
    such than that the their them then there these they this those through to too under until up very was we were what
    when where which while who whom why will with would you your""".split()
)


class Stemmer:
    """Words of a text as Porter stems; each distinct word is stemmed once."""

    def __init__(self):
        import Stemmer as porter

        self.stem, self.known = porter.Stemmer("porter").stemWord, {}

    def __call__(self, text: str) -> list[str]:
        known, out = self.known, []
        for word in WORD.findall(text.lower()):
            if word not in STOP:
                stem = known.get(word)
                if stem is None:
                    stem = known[word] = self.stem(word)
                out.append(stem)
        return out


class Bm25:
    """An index over (title, text) rows; `scores` gives float32 [queries, rows]."""

    def __init__(self, titles: list[str], texts: list[str], boost: float = 2.0):
        self.stem, self.vocabulary = Stemmer(), {}
        self.weights = None
        self.present = None
        for rows, factor in ((titles, boost), (texts, 1.0)):
            weights = self._field([self.stem(row) for row in rows]) * factor
            self.weights = weights if self.weights is None else self._sum(self.weights, weights)
        self.weights = self.weights.T.tocsr()  # terms × rows: a query picks its few terms
        self.present = self.weights.copy()
        self.present.data = np.ones_like(self.present.data)

    @staticmethod
    def _sum(left: sparse.csr_matrix, right: sparse.csr_matrix) -> sparse.csr_matrix:
        left.resize(right.shape)  # the second field may have brought new terms
        return (left + right).tocsr()

    def _field(self, rows: list[list[str]]) -> sparse.csr_matrix:
        columns = [self.vocabulary.setdefault(t, len(self.vocabulary)) for row in rows for t in row]
        lengths = np.array([len(row) for row in rows])
        places = np.repeat(np.arange(len(rows)), lengths)
        counts = sparse.csr_matrix(
            (np.ones(len(columns), np.float32), (places, columns)), shape=(len(rows), len(self.vocabulary))
        )
        counts.sum_duplicates()
        frequency = np.bincount(counts.indices, minlength=counts.shape[1])
        idf = np.log(1 + (len(rows) - frequency + 0.5) / (frequency + 0.5))
        row_of = np.repeat(np.arange(len(rows)), np.diff(counts.indptr))
        norm = K1 * (1 - B + B * lengths[row_of] / max(lengths.mean(), 1e-9))
        tf = counts.data
        counts.data = (idf[counts.indices] * (D + tf * (K1 + 1) / (tf + norm))).astype(np.float32)
        return counts

    def _terms(self, query: str) -> list[int]:
        return sorted({self.vocabulary[t] for t in self.stem(query) if t in self.vocabulary})

    def _product(self, queries: list[str]) -> sparse.csr_matrix:
        """Summed term weights × number of matched terms, sparse [queries, rows]."""
        terms = [self._terms(q) for q in queries]
        flat = [t for row in terms for t in row]
        indptr = np.cumsum([0] + [len(row) for row in terms])
        chosen = sparse.csr_matrix((np.ones(len(flat), np.float32), flat, indptr), shape=(len(queries), len(self.vocabulary)))
        return (chosen @ self.weights).multiply(chosen @ self.present).tocsr()

    def scores(self, queries: list[str]) -> np.ndarray:
        """float32 [queries, rows]."""
        return self._product(queries).toarray()

    def top(self, queries: list[str], depth: int, block: int = 512) -> tuple[np.ndarray, np.ndarray]:
        """Best `depth` rows of each query (int32, -1 where fewer matched) and their scores, best first."""
        found = np.full((len(queries), depth), -1, np.int32)
        scored = np.zeros((len(queries), depth), np.float32)
        for start in range(0, len(queries), block):
            product = self._product(queries[start : start + block])
            for i in range(product.shape[0]):
                part = slice(product.indptr[i], product.indptr[i + 1])
                rows, values = product.indices[part], product.data[part]
                if len(rows) > depth:
                    best = np.argpartition(-values, depth)[:depth]
                    rows, values = rows[best], values[best]
                order = np.argsort(-values, kind="stable")
                found[start + i, : len(rows)] = rows[order]
                scored[start + i, : len(rows)] = values[order]
        return found, scored

    def pairs(self, queries: list[str], rows: np.ndarray, block: int = 512) -> np.ndarray:
        """Scores of given rows: `rows` int [queries, n] → float32 [queries, n]."""
        out = np.zeros(rows.shape, np.float32)
        for start in range(0, len(queries), block):
            part = rows[start : start + block]
            dense = self._product(queries[start : start + block])
            places = np.repeat(np.arange(len(part)), part.shape[1])
            out[start : start + block] = np.asarray(dense[places, part.ravel()]).reshape(part.shape)
        return out
