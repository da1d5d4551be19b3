"""Finding, loading and caching packs."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path as FilePath

from pydantic import ValidationError

from gkportal.policy import checks
from gkportal.policy.messages import sentences
from gkportal.policy.pack import Pack
from gkportal.policy.reading import Origins, PackError, Raw, fill_documents, inherit, read_directory
from gkportal.policy.schema import PackData

BUILT_IN = FilePath(__file__).parent / "packs"


class PackLibrary:
    """Packs under one or more roots, `<root>/<region>/<edition>/*.toml`; a later root wins."""

    def __init__(self, roots: Iterable[FilePath]) -> None:
        self.roots = tuple(FilePath(root) for root in roots)
        self._loaded: dict[str, Pack] = {}

    def available(self) -> tuple[str, ...]:
        """Ids (`region/edition`) of all packs, sorted."""
        found = set()
        for root in self.roots:
            for folder in root.glob("*/*"):
                if folder.is_dir() and any(folder.glob("*.toml")):
                    found.add(f"{folder.parent.name}/{folder.name}")
        return tuple(sorted(found))

    def load(self, pack_id: str) -> Pack:
        """The pack of that id, read once. Raises PackError with every problem found."""
        if pack_id not in self._loaded:
            self._loaded[pack_id] = self._read(pack_id)
        return self._loaded[pack_id]

    def check(self) -> list[str]:
        """All problems of all packs, each a sentence that names file and key."""
        problems: list[str] = []
        for pack_id in self.available():
            try:
                self._read(pack_id)
            except PackError as error:
                problems += [item for item in error.problems if item not in problems]
        return problems

    def _read(self, pack_id: str) -> Pack:
        raw, origins = self._merged(pack_id, ())
        raw = fill_documents(copy.deepcopy(raw))
        try:
            data = PackData.model_validate(raw)
        except ValidationError as error:
            raise PackError(sentences(error, raw, origins, pack_id)) from None
        if f"{data.pack.region}/{data.pack.edition}" != pack_id:
            text = f"pack.region/edition 是 “{data.pack.region}/{data.pack.edition}”，与目录不一致，请改成目录名"
            raise PackError([f"{pack_id}/pack.toml：{text}。"])
        problems = checks.problems(data, origins, pack_id)
        if problems:
            raise PackError(problems)
        return Pack(data)

    def _merged(self, pack_id: str, below: tuple[str, ...]) -> tuple[Raw, Origins]:
        if pack_id in below:
            raise PackError(
                [f"{below[-1]}/pack.toml：extends 形成循环（{' → '.join((*below, pack_id))}）。请去掉一个。"]
            )
        raw, origins = read_directory(self._folder(pack_id, below), pack_id)
        parent_id = raw.get("extends")
        if not parent_id:
            return raw, origins
        parent, parent_origins = self._merged(str(parent_id), (*below, pack_id))
        merged = inherit(parent, raw)
        assert isinstance(merged, dict)
        return merged, {**parent_origins, **origins}

    def _folder(self, pack_id: str, below: tuple[str, ...]) -> FilePath:
        if pack_id in self.available():
            for root in reversed(self.roots):
                folder = root / pack_id
                if folder.is_dir():
                    return folder
        where = f"{below[-1]}/pack.toml：extends" if below else "政策包"
        known = "、".join(self.available()) or "（没有）"
        raise PackError([f"{where} “{pack_id}” 不存在。现有：{known}。"])


_library = PackLibrary([BUILT_IN])


def use_directories(*extra: FilePath | str) -> PackLibrary:
    """Add pack directories of the instance to the built-in ones; forgets loaded packs."""
    global _library
    _library = PackLibrary([BUILT_IN, *(FilePath(item) for item in extra)])
    return _library


def load_pack(pack_id: str) -> Pack:
    """The pack `region/edition`, cached. Raises PackError."""
    return _library.load(pack_id)


def available_packs() -> tuple[str, ...]:
    """Ids of all packs."""
    return _library.available()


def check_packs() -> list[str]:
    """Problems of all packs as sentences; empty when all is well."""
    return _library.check()
