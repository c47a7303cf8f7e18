"""The tokenizer: SentencePiece BPE with LLaMA's conventions, and sequences made with it.

    python -m stages.tokenizer        trains milestones/tokenizer.model
"""

from __future__ import annotations

import functools
import io
import string
from dataclasses import dataclass
from pathlib import Path

import sentencepiece

from model.configuration import Vocabulary
from model.nano import VOCABULARY_SIZE
from world.suites import make_example
from world.tasks import TASKS, Example, Picture, Text

from .run import MILESTONES

PATH = MILESTONES / "tokenizer.model"
#: Plain words that a user may type; they also keep letters and pairs of letters in the vocabulary.
EXTRA = (
    "Hello, what do you see in this picture? Please describe the image in a few words. "
    "Draw a picture of two objects, then change one of them. Tell me a story with three pictures. "
    "Yes, there is one here. No, there is nothing there. Thank you! It shows a green one below it, "
    "above, between, next to, near, far, color, colour, background, number, orange, white, grey.")


def train() -> None:
    """Learns the pieces from the world's sentences."""
    corpus = [
        part.words for task in TASKS for index in range(3000)
        for part in make_example(task, 11, index).parts if isinstance(part, Text)]
    corpus += [EXTRA] * 40 + [" ".join(string.printable[:94])] * 10
    PATH.parent.mkdir(exist_ok=True)
    # Written to a stream, as a file would carry the path of the machine that trained it.
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=model,
        model_type="bpe", vocab_size=VOCABULARY_SIZE, byte_fallback=True, split_digits=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False,
        add_dummy_prefix=True, allow_whitespace_only_pieces=True, character_coverage=1.0,
        unk_id=0, bos_id=1, eos_id=2, pad_id=-1, hard_vocab_limit=True, num_threads=1,
        unk_surface=" \u2047 ", max_sentencepiece_length=16)
    PATH.write_bytes(model.getvalue())


class Tokenizer:
    """Text to ids, as the daemon does it."""

    def __init__(self, path: Path = PATH) -> None:
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.vocabulary = Vocabulary(self.pieces.vocab_size())

    @functools.lru_cache(maxsize=200_000)
    def encode(self, words: str, continues: bool = False) -> tuple[int, ...]:
        """Ids of a text; one that continues another has no blank put before it."""
        if not continues:
            return tuple(self.pieces.encode(words))
        ids = self.pieces.encode("!" + words)
        for count in range(1, len(ids)):
            if self.pieces.id_to_piece(ids[count - 1]).endswith("!"):
                return tuple(ids[count:])
        raise ValueError(f"no cut before {words!r}")

    def decode(self, ids: list[int]) -> str:
        """Text of ids up to the first that ends it."""
        v = self.vocabulary
        kept = []
        for token in ids:
            if token in (v.eos, v.soi):
                break
            if token < v.pad:
                kept.append(token)
        return self.pieces.decode(kept)


@dataclass
class Sequence:
    """Ids of one example, which of them are said by the model, and its pictures in order."""

    ids: list[int]
    targets: list[bool]
    pictures: list[Picture]


def sequence(tokenizer: Tokenizer, example: Example, image_tokens: int) -> Sequence:
    """Lays an example out: `<s>`, then texts, and `soi` with the image's tokens for each picture.

    The soi of a picture to draw is said by the model where it follows words, given or its own; `</s>` where the
    example ends.
    """
    v = tokenizer.vocabulary
    ids, targets, pictures = [v.bos], [False], []
    before: Text | Picture | None = None
    for index, part in enumerate(example.parts):
        if isinstance(part, Text):
            words = part.words
            follows = example.parts[index + 1] if index + 1 < len(example.parts) else None
            if isinstance(follows, Picture):
                words = words.rstrip(" ")
            new = tokenizer.encode(words, isinstance(before, Text))
            ids += new
            targets += [part.is_target] * len(new)
        else:
            ids += [v.soi] + [v.image] * image_tokens
            says = part.is_drawn and isinstance(before, Text)
            targets += [says] + [False] * image_tokens
            pictures.append(part)
        before = part
    if example.ends:
        ids.append(v.eos)
        targets.append(True)
    return Sequence(ids, targets, pictures)


if __name__ == "__main__":
    train()
    tokenizer = Tokenizer()
    for task in TASKS:
        laid = sequence(tokenizer, make_example(task, 12, 5), 16)
        print(task, len(laid.ids), [tokenizer.pieces.id_to_piece(i) if i < VOCABULARY_SIZE else i
                                    for i in laid.ids])
