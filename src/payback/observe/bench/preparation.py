"""What the CPU does for each sample before a GPU may see it.

Two tasks: an ImageNet-like photograph of 500 x 375 decoded, cropped at random to
224 x 224 and normalised; and a street scene of 2048 x 1024 with its label map,
rescaled at random and cropped to 512 x 512. Pictures are made here, as large
when compressed as the real ones. Without Pillow nothing can decode JPEG; an
uncompressed stand-in is then measured under a name of its own.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from payback.observe.bench.backend import Array, Batch, standard_normal

Task = Literal["jpeg224", "segmentation", "array224", "array-segmentation", "tokens"]
WITHOUT_PILLOW: Final[dict[str, Task]] = {"jpeg224": "array224", "segmentation": "array-segmentation"}
NO_PILLOW: Final = "JPEG cannot be decoded without the package Pillow (pip install pillow)"
MEAN: Final = np.array([0.485, 0.456, 0.406], dtype=np.float32)
DEVIATION: Final = np.array([0.229, 0.224, 0.225], dtype=np.float32)
PHOTO: Final = (500, 375)
STREET: Final = (2048, 1024)
CROP: Final = 224
STREET_CROP: Final = 512
CLASSES: Final = 19
TOKENS_IN_FILE: Final = 2**20
QUALITY: Final = 93
GRAIN: Final = 12.0
"""Noise that makes a 500 x 375 photograph 108 kB at this quality; ImageNet has 146 GB in 1.28 million files."""


def has_pillow() -> bool:
    """Whether JPEG can be decoded here."""
    return find_spec("PIL") is not None


def actual_task(task: Task) -> Task:
    """The task that can be done on this machine: the same, or its stand-in without Pillow."""
    return task if has_pillow() else WITHOUT_PILLOW.get(task, task)


def stored_sample(task: Task, seed: int) -> bytes:
    """One sample as it lies on the disk."""
    rng = np.random.default_rng(seed)
    if task == "tokens":
        return rng.integers(0, 30_000, TOKENS_IN_FILE // 64, dtype=np.uint16).tobytes()
    picture = _picture(rng, PHOTO if "224" in task else STREET)
    if task in WITHOUT_PILLOW.values():
        return zlib.compress(picture.tobytes(), 1)
    return _jpeg(picture)


def stored_labels(task: Task, seed: int) -> bytes:
    """The label map of a street scene; empty for the other tasks."""
    if "segmentation" not in task:
        return b""
    rng = np.random.default_rng(seed)
    width, height = STREET
    coarse = rng.integers(0, CLASSES, (height // 64, width // 64), dtype=np.uint8)
    labels = np.kron(coarse, np.ones((64, 64), dtype=np.uint8))
    return zlib.compress(labels.tobytes(), 1) if task in WITHOUT_PILLOW.values() else _png(labels)


def prepare(task: Task, stored: bytes, labels: bytes, rng: np.random.Generator) -> Batch:
    """One sample as training wants it: channels, height, width in float32, and its label."""
    return _PREPARE[task](stored, labels, rng)


@dataclass(frozen=True, slots=True)
class SampleFolder:
    """A data set on disk: each sample a file, prepared when asked for."""

    folder: Path
    task: Task
    count: int
    classes: int
    sample_shape: tuple[int, ...]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Batch:
        """Read and prepare sample `index`."""
        rng = np.random.default_rng()
        stored = self.path(index).read_bytes()
        if self.task == "tokens":
            return _words(stored, self.sample_shape[0], self.classes, rng)
        inputs, labels = prepare(self.task, stored, self._labels(index), rng)
        return inputs, (labels if labels.ndim else np.asarray(index % self.classes))

    def path(self, index: int) -> Path:
        """Where sample `index` lies."""
        return self.folder / f"{index:06d}.sample"

    def _labels(self, index: int) -> bytes:
        return self.path(index).with_suffix(".labels").read_bytes() if "segmentation" in self.task else b""


def write_samples(folder: Path, task: Task, count: int, classes: int, sample_shape: tuple[int, ...]) -> SampleFolder:
    """Write a data set of `count` files; 16 different pictures, each file with bytes of its own on the disk."""
    dataset = SampleFolder(folder, task, count, classes, sample_shape)
    kinds = min(16, count)
    pictures = [(stored_sample(task, seed), stored_labels(task, seed)) for seed in range(kinds)]
    for index in range(count):
        stored, labels = pictures[index % kinds]
        dataset.path(index).write_bytes(stored)
        if labels:
            dataset.path(index).with_suffix(".labels").write_bytes(labels)
    return dataset


def _photo(stored: bytes, _: bytes, rng: np.random.Generator) -> Batch:
    image = _open(stored)
    width, height = image.size
    side = int(rng.uniform(0.4, 1.0) * min(width, height))
    left, top = int(rng.integers(0, width - side + 1)), int(rng.integers(0, height - side + 1))
    crop = image.resize((CROP, CROP), _bilinear(), box=(left, top, left + side, top + side))
    return _normalised(np.asarray(crop, dtype=np.uint8)[:, :: int(rng.choice((-1, 1)))]), np.asarray(0)


def _street(stored: bytes, labels: bytes, rng: np.random.Generator) -> Batch:
    image, map_ = _open(stored), _open(labels, "L")
    side = int(STREET_CROP / rng.uniform(0.5, 2.0))
    left, top = int(rng.integers(0, STREET[0] - side + 1)), int(rng.integers(0, STREET[1] - side + 1))
    box, size = (left, top, left + side, top + side), (STREET_CROP, STREET_CROP)
    crop = np.asarray(image.resize(size, _bilinear(), box=box), dtype=np.uint8)
    return _normalised(crop), np.asarray(map_.resize(size, 0, box=box), dtype=np.int64)


def _array_photo(stored: bytes, _: bytes, rng: np.random.Generator) -> Batch:
    return _normalised(_cut(_unpacked(stored, PHOTO, 3), CROP, rng)[0]), np.asarray(0)


def _array_street(stored: bytes, labels: bytes, rng: np.random.Generator) -> Batch:
    pixels, rows_columns = _cut(_unpacked(stored, STREET, 3), STREET_CROP, rng)
    map_ = _unpacked(labels, STREET, 1)[..., 0]
    return _normalised(pixels), map_[np.ix_(*rows_columns)].astype(np.int64)


def _words(stored: bytes, length: int, classes: int, rng: np.random.Generator) -> Batch:
    words = np.frombuffer(stored, dtype=np.uint16)
    begin = int(rng.integers(0, len(words) - length - 1))
    inputs = words[begin : begin + length].astype(np.int64) % classes
    following = words[begin + 1 : begin + length + 1].astype(np.int64) % classes
    return inputs, (following if length > 512 else rng.integers(0, length, 2))


_PREPARE: Final[dict[str, Callable[[bytes, bytes, np.random.Generator], Batch]]] = {
    "jpeg224": _photo,
    "segmentation": _street,
    "array224": _array_photo,
    "array-segmentation": _array_street,
}


def _normalised(pixels: Array) -> Array:
    scaled = (pixels.astype(np.float32) / np.float32(255) - MEAN) / DEVIATION
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def _cut(pixels: Array, edge: int, rng: np.random.Generator) -> tuple[Array, tuple[Array, Array]]:
    """A random square, scaled to `edge` by taking the nearest pixel."""
    height, width = pixels.shape[:2]
    side = int(rng.uniform(0.4, 1.0) * min(width, height))
    steps = np.arange(edge) * side // edge
    rows = int(rng.integers(0, height - side + 1)) + steps
    columns = int(rng.integers(0, width - side + 1)) + steps
    return pixels[np.ix_(rows, columns)], (rows, columns)


def _unpacked(stored: bytes, size: tuple[int, int], channels: int) -> Array:
    flat = np.frombuffer(zlib.decompress(stored), dtype=np.uint8)
    return flat.reshape(size[1], size[0], channels)


def _picture(rng: np.random.Generator, size: tuple[int, int]) -> Array:
    """Broad shapes and fine grain, so that it compresses like a photograph."""
    width, height = size
    pixels = np.full((height, width, 3), 127.0, dtype=np.float32)
    for cells, strength in ((4, 40.0), (16, 20.0), (64, 10.0)):
        coarse = standard_normal(rng, (cells, cells, 3)) * np.float32(strength)
        pixels += coarse[np.ix_(np.arange(height) * cells // height, np.arange(width) * cells // width)]
    pixels += standard_normal(rng, (height, width, 1)) * np.float32(GRAIN)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _jpeg(pixels: Array) -> bytes:
    stream = io.BytesIO()
    _pillow().fromarray(pixels).save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


def _png(pixels: Array) -> bytes:
    stream = io.BytesIO()
    _pillow().fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _open(stored: bytes, mode: str = "RGB") -> Any:
    return _pillow().open(io.BytesIO(stored)).convert(mode)


def _bilinear() -> Any:
    return _pillow().Resampling.BILINEAR


def _pillow() -> Any:
    return import_module("PIL.Image")
