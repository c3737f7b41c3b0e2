"""Generated embeddings and texts, and what may happen to them.

Owns: the rows and the changes.  Does not own: looking for them (`bench_vectors`).

An embedding is the sum of a direction that all share, of one of 24 topics, and of noise whose
spread falls from axis to axis, as encoders give them.  A text is a line of words, half of them of
its topic and as long as those of any other topic, behind one of a few greetings.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

DIMENSION = 384
TOPICS = 24
COMMON, TOPIC, NOISE = 0.6, 0.5, 0.6  # lengths of the three parts
WORDS = 14  # of a text
LETTERS = list("abcdefghijklmnoprstuvwy")
ENGLISH = """
the of and to in is that it was for on are with as they be at one have this from or had by not but
what all were when we there can an your which their said if do will each about how up out them then
she many
"""
GERMAN = """
der die und in den von zu das mit sich des auf ist im dem nicht ein eine als auch es an werden
aus er hat dass sie nach wird bei einer um am sind noch wie einem einen so zum war haben nur
oder aber vor zur bis mehr
"""
ZIPF = 1.0 / np.arange(1, 51)
GREETINGS = ("hello", "hi all", "good morning", "dear support team")  # the last one is new

Generator = np.random.Generator
World = np.random.default_rng(384)
SHARED = World.normal(size=DIMENSION) / np.sqrt(DIMENSION)
CENTRES = World.normal(size=(TOPICS + 1, DIMENSION)) / np.sqrt(DIMENSION)  # the last one is new
SPREAD = np.arange(1, DIMENSION + 1) ** -0.5
SPREAD *= NOISE / np.sqrt((SPREAD**2).sum())
AXES = np.linalg.qr(World.normal(size=(DIMENSION, DIMENSION)))[0]
USUAL = np.append(1.0 / np.arange(1, TOPICS + 1) ** 0.7, 0.0)
USUAL /= USUAL.sum()
VOCABULARY = np.array(
    [["".join(World.choice(LETTERS, size)) for size in np.tile([4, 5, 6, 7, 8], 8)]
     for _ in range(TOPICS + 1)]
)  # fmt: skip


def moved_mix(share: float) -> np.ndarray:
    """The topics with a share of the rows taken from all of them for the seventh and twelfth."""
    mix = (1 - share) * USUAL
    mix[[6, 11]] += share / 2
    return mix


def with_new(share: float) -> np.ndarray:
    """The topics with a share of the rows taken for one that was not there."""
    mix = (1 - share) * USUAL
    mix[-1] = share
    return mix


def embeddings(rng: Generator, rows: int, mix: np.ndarray = USUAL) -> np.ndarray:
    """Unit vectors.  Shapes: float64[rows, 384]."""
    topic = rng.choice(TOPICS + 1, rows, p=mix)
    noise = (rng.normal(size=(rows, DIMENSION)) * SPREAD) @ AXES
    made = COMMON * SHARED + TOPIC * CENTRES[topic] + noise
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def rotated(vectors: np.ndarray, degrees: float) -> np.ndarray:
    """Turned by an angle in each of 192 planes."""
    angle = np.deg2rad(degrees)
    flat = vectors @ AXES.T
    one, two = flat[:, 0::2].copy(), flat[:, 1::2].copy()
    flat[:, 0::2] = np.cos(angle) * one - np.sin(angle) * two
    flat[:, 1::2] = np.sin(angle) * one + np.cos(angle) * two
    return flat @ AXES


def reencoded(vectors: np.ndarray, share: float) -> np.ndarray:
    """Mixed with another encoder's, which knows the same topics elsewhere."""
    other = vectors @ np.linalg.qr(np.random.default_rng(7).normal(size=(DIMENSION, DIMENSION)))[0]
    made = (1 - share) * vectors + share * other
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def collapsed(rng: Generator, vectors: np.ndarray, share: float) -> np.ndarray:
    """Some rows replaced by one and the same vector, that of an empty text."""
    broken = rng.random(len(vectors)) < share
    return np.where(broken[:, None], embeddings(np.random.default_rng(1), 1), vectors)


def texts(
    rng: Generator, rows: int, mix: np.ndarray = USUAL, german: float = 0.0, greeting: float = 0.0
) -> list[str]:
    """Lines of words; `german` and `greeting` are shares of rows in another language, and behind a
    greeting that is new."""
    topic = rng.choice(TOPICS + 1, rows, p=mix)
    usual = np.stack([np.array(text.split()[: len(ZIPF)]) for text in (ENGLISH, GERMAN)])
    language = (rng.random(rows) < german).astype(int)
    opening = np.where(rng.random(rows) < greeting, 3, rng.choice(3, rows))
    common = rng.choice(len(ZIPF), (rows, WORDS // 2), p=ZIPF / ZIPF.sum())
    own = rng.integers(0, VOCABULARY.shape[1], (rows, WORDS // 2))
    lines = np.concatenate([usual[language[:, None], common], VOCABULARY[topic[:, None], own]], 1)
    rng.permuted(lines, axis=1, out=lines)
    return [f"{GREETINGS[o]}, {' '.join(line)}" for o, line in zip(opening, lines, strict=True)]


@dataclass(frozen=True)
class Case:
    """One change.  `draw(rng, rows, late)` gives a column of one side; `least` % is promised."""

    title: str
    draw: Callable[[Generator, int, bool], pa.Array]
    least: float | None = None


def column(vectors: np.ndarray) -> pa.Array:
    """Vectors as Arrow holds them, of float32."""
    flat = pa.array(np.ascontiguousarray(vectors, np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])


def _vectors(change: Callable[[Generator, int], np.ndarray]) -> Callable[..., pa.Array]:
    return lambda rng, rows, late: column(change(rng, rows) if late else embeddings(rng, rows))


def _texts(**late_ones: object) -> Callable[..., pa.Array]:
    def draw(rng: Generator, rows: int, late: bool) -> pa.Array:
        return pa.array(texts(rng, rows, **(late_ones if late else {})))

    return draw


VECTORS = (
    Case("nothing", _vectors(embeddings)),
    Case("10 % of rows to two topics", _vectors(lambda g, n: embeddings(g, n, moved_mix(0.1))), 90),
    Case("a new topic, 5 %", _vectors(lambda g, n: embeddings(g, n, with_new(0.05)))),
    Case("turned by 10 degrees", _vectors(lambda g, n: rotated(embeddings(g, n), 10)), 95),
    Case("another encoder, a fifth", _vectors(lambda g, n: reencoded(embeddings(g, n), 0.2)), 95),
    Case(
        "2 % collapsed to one vector",
        _vectors(lambda g, n: collapsed(g, embeddings(g, n), 0.02)),
        80,
    ),
)
TEXTS = (
    Case("nothing", _texts()),
    Case("10 % of rows to two topics, as long", _texts(mix=moved_mix(0.1)), 90),
    Case("a new topic, 5 %, as long", _texts(mix=with_new(0.05))),
    Case("3 % in another language", _texts(german=0.03), 90),
    Case("5 % behind a new greeting", _texts(greeting=0.05), 90),
)
