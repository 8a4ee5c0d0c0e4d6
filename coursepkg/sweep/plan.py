"""A sweep laid out before anything runs: its replicas, their chunks and the memory they take."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sized
from dataclasses import dataclass

import numpy as np

from coursepkg.sweep.data import Rows
from coursepkg.sweep.program import Chunk, Program
from coursepkg.sweep.settings import Grid


@dataclass(frozen=True)
class Plan:
    """Everything that a sweep's numbers depend on.

    Attributes
    ----------
    program : Program
        What is compiled.
    grid : Grid
        The settings, slow axis of the replicas.
    seeds : tuple of int
        The seeds, fast axis of the replicas.
    rows : Rows
        The data.
    epochs, batch_size, chunk_size : int
        As in `coursepkg.sweep.MLP`.
    """

    program: Program
    grid: Grid
    seeds: tuple[int, ...]
    rows: Rows
    epochs: int
    batch_size: int
    chunk_size: int

    @property
    def n_replicas(self) -> int:
        """Settings times seeds."""
        return len(self.grid) * len(self.seeds)

    @property
    def n_chunks(self) -> int:
        """Chunks that hold them all."""
        return -(-self.n_replicas // self.chunk_size)

    def n_replicas_in(self, chunks: Sized) -> int:
        """Count the replicas in the first chunks.

        Parameters
        ----------
        chunks : sized
            The chunks, or what became of them.

        Returns
        -------
        int
            Without the repetitions that fill up the last chunk.
        """
        return min(self.n_replicas, len(chunks) * self.chunk_size)

    def chunks(self) -> Iterator[Chunk]:
        """Cut the replicas into chunks of one size.

        The last chunk is filled up with repetitions of the last replica: one size is one
        compilation, and in float32 one way of rounding.

        Yields
        ------
        Chunk
            In the order of the replicas.
        """
        places = self.rows.places(len(self.grid), len(self.seeds))
        setting, seed = np.divmod(np.arange(self.n_replicas), len(self.seeds))
        for first in range(0, self.n_replicas, self.chunk_size):
            some = np.arange(first, first + self.chunk_size).clip(max=self.n_replicas - 1)
            sets = places[some] if self.rows.layout else [0]
            yield Chunk(
                seeds=tuple(self.seeds[number] for number in seed[some]),
                settings={name: value[setting[some]] for name, value in self.grid.values.items()},
                x={part: inputs[sets] for part, inputs in self.rows.x.items()},
                y={part: targets[sets] for part, targets in self.rows.y.items()},
                n_classes=self.rows.n_classes,
                epochs=self.epochs,
                batch_size=self.batch_size,
            )

    def kept_bytes(self) -> int:
        """Estimate what one replica leaves in the result.

        Returns
        -------
        int
            Bytes of its weights and curves, twice: once as the chunk's, once as the result's.
        """
        curves = 6 * self.epochs if self.program.curves else 0
        return 2 * self._item * (self._n_weights + curves)

    def working_bytes(self) -> int:
        """Estimate what a chunk takes while it is trained.

        Returns
        -------
        int
            Bytes of the order of its batches, its data, the units' values on its largest part,
            and its weights with gradients, the optimizer's memory and the best so far.
        """
        n_rows = {part: inputs.shape[1] for part, inputs in self.rows.x.items()}
        copies = 2 * self.chunk_size if self.rows.layout else 2
        data = copies * sum(n_rows.values()) * (self.program.widths[0] + 1)
        values = 3 * max(n_rows.values()) * sum(self.program.widths)  # forward, and two spare
        weights = 8 * self._n_weights  # themselves, gradient, two slots, the best, and copies
        order = 2 * 4 * self.epochs * n_rows["train"]  # int32, in NumPy and in TensorFlow
        per_replica = self._item * (values + weights) + order
        return self._item * data + self.chunk_size * per_replica

    @property
    def _item(self) -> int:
        return np.dtype(self.program.dtype).itemsize

    @property
    def _n_weights(self) -> int:
        widths = self.program.widths
        return sum((a + 1) * b for a, b in itertools.pairwise(widths))
