"""The tokenizer: SentencePiece BPE with LLaMA's conventions, and sequences made with it.

    python -m stages.tokenizer              trains milestones/tokenizer.model
    python -m stages.tokenizer lowercase    makes milestones/tokenizer-lowercase.model of it: the same pieces, for a text
                                            whose capitals have become small letters
"""

from __future__ import annotations

import functools
import io
import string
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import sentencepiece

from model.configuration import Vocabulary
from model.nano import VOCABULARY_SIZE
from world.suites import make_example
from world.tasks import TASKS, Example, Picture, Text

from .run import MILESTONES

EXACT = MILESTONES / "tokenizer.model"
#: What is published: to the model it is all one how somebody writes. What it says itself keeps its capitals.
LOWERCASE = MILESTONES / "tokenizer-lowercase.model"
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
    EXACT.parent.mkdir(exist_ok=True)
    # Written to a stream, as a file would carry the path of the machine that trained it.
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=model,
        model_type="bpe", vocab_size=VOCABULARY_SIZE, byte_fallback=True, split_digits=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False,
        add_dummy_prefix=True, allow_whitespace_only_pieces=True, character_coverage=1.0,
        unk_id=0, bos_id=1, eos_id=2, pad_id=-1, hard_vocab_limit=True, num_threads=1,
        unk_surface=" \u2047 ", max_sentencepiece_length=16)
    EXACT.write_bytes(model.getvalue())


def fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """Numbers and contents of a Protocol Buffers message's fields, of those kinds that a normaliser has."""
    def varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place, value, shift = place + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value
    place, found = 0, []
    while place < len(message):
        key = varint()
        content: int | bytes = varint()
        if key & 7 == 2:
            content, place = message[place:place + content], place + content
        found.append((key >> 3, content))
    return found


def field(number: int, content: int | bytes) -> bytes:
    """One field of a message."""
    def varint(value: int) -> bytes:
        return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def make_lowercase() -> None:
    """Writes the same model with a normaliser that makes capitals of the Latin alphabet small."""
    rules = "".join(f"{ord(letter):X}\t{ord(letter.lower()):X}\n" for letter in string.ascii_uppercase)
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.write(rules)
        file.flush()
        model = io.BytesIO()
        # Only its normaliser is kept.
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([string.printable[:94]]), model_writer=model, model_type="char", vocab_size=50,
            hard_vocab_limit=False, normalization_rule_tsv=file.name, minloglevel=2)
    _, normaliser = next(part for part in fields(model.getvalue()) if part[0] == 3)
    _, rules_compiled = next(part for part in fields(normaliser) if part[0] == 2)
    # normalizer_spec of sentencepiece_model.proto: name, precompiled_charsmap, add_dummy_prefix,
    # remove_extra_whitespaces, escape_whitespaces.
    spec = field(1, b"lowercase") + field(2, rules_compiled) + field(3, 1) + field(4, 0) + field(5, 1)
    LOWERCASE.write_bytes(b"".join(
        field(number, spec if number == 3 else content) for number, content in fields(EXACT.read_bytes())))


class Tokenizer:
    """Text to ids, as the daemon does it; with `keeps_capitals`, as the first edition's does."""

    def __init__(self, keeps_capitals: bool = False) -> None:
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(EXACT))
        self.given = self.pieces if keeps_capitals else sentencepiece.SentencePieceProcessor(model_file=str(LOWERCASE))
        self.vocabulary = Vocabulary(self.pieces.vocab_size())

    @functools.lru_cache(maxsize=200_000)
    def encode(self, words: str, continues: bool = False, is_said: bool = False) -> tuple[int, ...]:
        """Ids of a text, given or said by the model; one that continues another has no blank put before it."""
        model = self.pieces if is_said else self.given
        if not continues:
            return tuple(model.encode(words))
        ids = model.encode("!" + words)
        for count in range(1, len(ids)):
            if model.id_to_piece(ids[count - 1]).endswith("!"):
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
            new = tokenizer.encode(words, isinstance(before, Text), part.is_target)
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
    if "lowercase" in sys.argv:
        make_lowercase()
    else:
        train()
    tokenizer = Tokenizer()
    for task in TASKS:
        laid = sequence(tokenizer, make_example(task, 12, 5), 16)
        print(task, len(laid.ids), [tokenizer.pieces.id_to_piece(i) if i < VOCABULARY_SIZE else i
                                    for i in laid.ids])
