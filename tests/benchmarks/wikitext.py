"""WikiText-2 tokenized for masked language modelling, the same ids for every way that is measured."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from transformers import BertTokenizerFast

from components.pretrainer.masking import Vocabulary
from components.pretrainer.packing import Corpus
from tests.benchmarks import corpora


@dataclass(frozen=True)
class WikiText:
    """The train split.

    Attributes:
        tokenizer: bert-base-uncased's, 30,522 pieces.
        corpus: Every line that is not blank, with its special tokens; not cut.
    """

    tokenizer: BertTokenizerFast
    corpus: Corpus

    @classmethod
    def load(cls) -> "WikiText":
        """Reads and tokenizes it."""
        tokenizer = BertTokenizerFast(str(corpora.DATA / "vocab" / "bert-base-uncased-vocab.txt"))
        tokenizer.model_max_length = 1_000_000  # lines are cut by those who cut them
        text = Path(corpora.DATA / "wikitext-2" / "wiki.train.tokens").read_text(encoding="utf-8")
        lines = [line.replace("<unk>", tokenizer.unk_token) for line in text.split("\n") if line.strip()]
        rows = tokenizer(lines, return_attention_mask=False, return_token_type_ids=False)["input_ids"]
        lengths = np.array([len(row) for row in rows], np.int64)
        return cls(tokenizer, Corpus(np.concatenate(rows).astype(np.int32), lengths))

    def rows(self, chosen: np.ndarray) -> list[list[int]]:
        """The ids of some lines."""
        ends = np.cumsum(self.corpus.lengths)
        starts = ends - self.corpus.lengths
        return [self.corpus.ids[starts[row] : ends[row]].tolist() for row in chosen]

    def vocabulary(self) -> Vocabulary:
        """What masking has to know."""
        return Vocabulary(
            size=len(self.tokenizer),
            pad_id=self.tokenizer.pad_token_id,
            cls_id=self.tokenizer.cls_token_id,
            mask_id=self.tokenizer.mask_token_id,
            special_ids=tuple(sorted(self.tokenizer.all_special_ids)),
        )
