"""Rows as Parquet, a part at a time."""

from pathlib import Path
from typing import Any, Final

import pyarrow
from pyarrow import parquet

from api.exports.datasets import Dataset, Kind

GROUP_ROWS: Final = 50_000
"""Rows in one row group: enough for a column to compress well."""

_TYPES: Final = {
    Kind.TEXT: pyarrow.string(),
    Kind.JSON: pyarrow.string(),
    Kind.NUMBER: pyarrow.float64(),
    Kind.COUNT: pyarrow.int64(),
    Kind.TRUTH: pyarrow.bool_(),
    Kind.MOMENT: pyarrow.timestamp("us", tz="UTC"),
    Kind.DAY: pyarrow.date32(),
}


class Part:
    """One file of a folder; it gets its name once it is whole."""

    def __init__(self, path: Path, dataset: Dataset) -> None:
        self._path = path
        self._unfinished = path.with_suffix(".unfinished")
        self._schema = pyarrow.schema([(c.name, _TYPES[c.kind]) for c in dataset.columns])
        self._writer = parquet.ParquetWriter(self._unfinished, self._schema, compression="zstd")
        self._waiting: list[tuple[Any, ...]] = []
        self.rows = 0

    def write(self, rows: list[tuple[Any, ...]]) -> None:
        """Add some rows."""
        self.rows += len(rows)
        self._waiting += rows
        if len(self._waiting) >= GROUP_ROWS:
            self._write_group()

    def abandon(self) -> None:
        """Leave the file without a name."""
        self._writer.close()

    def close(self) -> None:
        """Finish the file."""
        if self._waiting:
            self._write_group()
        self.abandon()
        self._unfinished.replace(self._path)

    def _write_group(self) -> None:
        columns = [
            pyarrow.array(values, field.type)
            for values, field in zip(zip(*self._waiting, strict=True), self._schema, strict=True)
        ]
        self._writer.write_table(pyarrow.Table.from_arrays(columns, schema=self._schema))
        self._waiting.clear()
