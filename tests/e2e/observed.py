"""What is wrong with the answers of a registry: personal values outside a record, crashes."""

from collections import Counter
from collections.abc import Mapping
from urllib.parse import unquote

import orjson
from attrs import field, frozen

from tests.e2e.markers import MARK, Markers

FROM_UPSTREAM = frozenset({502, 503})
SYNC = ("sync_patient", "/sync_external_data/")


@frozen
class Observed:
    markers: Markers
    statuses: Counter[int] = field(factory=Counter, init=False)
    faults: dict[str, str] = field(factory=dict[str, str], init=False)  # an example of each

    def answer(self, what: str, url: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """The caller's own address may come back: as the `instance` of an error, in links to it and to its next
        page."""
        self.statuses[status] += 1
        headers = {name.title(): value for name, value in headers.items()}
        if status >= 500 and not (status in FROM_UPSTREAM and what.endswith(SYNC)):
            self.fault(f"{what}: {status}", body)
        own = MARK in unquote(url).lower()
        for name, value in headers.items():
            if not (own and name in {"Link", "Location"}):
                self._search(f"{what}: header {name}", value.encode(errors="replace"))
        document = _document(headers, body)
        if status >= 400:
            document.pop("instance", None)
            self._search(f"{what}: error {status}", orjson.dumps(document) if document else body)
        elif not own:
            self._search(f"{what}: next page", f"{document.get('next')} {document.get('next_cursor')}".encode())

    def fault(self, what: str, example: bytes | str) -> None:
        text = example if isinstance(example, str) else example.decode(errors="replace")
        self.faults.setdefault(what, text[:1000])

    def _search(self, where: str, text: bytes) -> None:
        if found := self.markers.found(text):
            self.fault(where, found[0])


def _document(headers: Mapping[str, str], body: bytes) -> dict[str, object]:
    if "json" not in headers.get("Content-Type", "") or "ndjson" in headers["Content-Type"]:
        return {}
    read = orjson.loads(body) if body else {}
    return read if isinstance(read, dict) else {}
