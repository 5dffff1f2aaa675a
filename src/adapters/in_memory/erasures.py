from collections.abc import Iterator

from attrs import field, frozen

from adapters.in_memory.store import Store
from core.patients.audit import Erasure
from core.patients.ports import ErasureLedger


@frozen
class InMemoryErasureLedger(ErasureLedger):
    store: Store
    erasures: list[Erasure] = field(factory=list[Erasure])

    def record(self, erasure: Erasure) -> None:
        self.store.after_commit(lambda: self.erasures.append(erasure))

    def read(self) -> Iterator[Erasure]:
        return iter(tuple(self.erasures))


@frozen
class NoErasureLedger(ErasureLedger):
    def record(self, erasure: Erasure) -> None:
        pass

    def read(self) -> Iterator[Erasure]:
        return iter(())
