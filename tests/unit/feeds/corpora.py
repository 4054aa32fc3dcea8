"""The documents of the corpus, see corpus/README.md."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CORPUS: Final = Path(__file__).parent / "corpus"
BESIDE: Final = (".expected", ".manifest")


@dataclass(frozen=True)
class Case:
    """A document and what is expected of it."""

    file: Path

    @property
    def kind(self) -> str:
        return self.file.parent.name

    @property
    def body(self) -> bytes:
        return self.file.read_bytes()

    @property
    def manifest(self) -> bytes | None:
        file = self.file.with_suffix(".manifest.json")
        return file.read_bytes() if file.exists() else None

    @property
    def expected(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.with_suffix(".expected.json").read_bytes())
        return found

    def __str__(self) -> str:
        return f"{self.kind}/{self.file.stem}"


CASES: Final = [
    Case(file)
    for file in sorted(CORPUS.glob("*/*"))
    if not file.stem.endswith(BESIDE) and file.suffix in {".json", ".jsonl", ".csv", ".yaml"}
]
DOCUMENTS: Final = [case for case in CASES if case.kind != "odcs"]
CONTRACTS: Final = [case for case in CASES if case.kind == "odcs"]
