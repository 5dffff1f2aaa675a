"""Clients that register, change and read patients without a pause, and what the registry promised them."""

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import monotonic, sleep

import httpx
from attrs import field, frozen

from tests.e2e.production import register, until


@frozen
class Load:
    """Of all clients together: `versions` has the last acknowledged version of each patient, `reads` the time of each
    answered read by its request id, `seconds` how long each answer took."""

    versions: dict[str, int] = field(factory=dict, init=False)
    reads: dict[str, float] = field(factory=dict, init=False)
    statuses: Counter[int] = field(factory=Counter, init=False)
    seconds: list[float] = field(factory=list, init=False)
    _ended: Event = field(factory=Event, init=False)

    @contextmanager
    def of(self, clients: int, connect: Callable[[], httpx.Client]) -> Generator[None]:
        """While the block runs. `connect` gives a client of what is to be called at that moment."""
        self._ended.clear()
        with ThreadPoolExecutor(clients) as pool:
            used = [pool.submit(self._use, connect) for _ in range(clients)]
            try:
                yield
            finally:
                self._ended.set()
        for one in used:
            one.result()

    def wait_for(self, registrations: int) -> None:
        """Waits for so many more."""
        goal = self.statuses[201] + registrations
        until(lambda: self.statuses[201] >= goal)

    def _use(self, connect: Callable[[], httpx.Client]) -> None:
        while not self._ended.is_set():
            try:
                with connect() as client:
                    while not self._ended.is_set():
                        self._one_patient(client)
            except httpx.TransportError:
                sleep(0.01)

    def _one_patient(self, client: httpx.Client) -> None:
        registered = self._counted(register(client))
        if registered.status_code != 201:
            return
        patient = registered.json()["id"]
        self.versions[patient] = 1
        path = f"/api/v1/patients/{patient}/"
        tag = {"If-Match": registered.headers["ETag"]}
        changed = self._counted(client.patch(path, json={"last_name": "Byron"}, headers=tag))
        if changed.status_code == 200:
            self.versions[patient] = 2
        if (read := self._counted(client.get(path))).status_code == 200:
            self.reads[read.headers["X-Request-ID"]] = monotonic()

    def _counted(self, answer: httpx.Response) -> httpx.Response:
        self.statuses[answer.status_code] += 1
        self.seconds.append(answer.elapsed.total_seconds())
        return answer

    def lost(self, stored: Mapping[str, int]) -> dict[str, int]:
        """What was acknowledged and is not in `stored`, the versions by patient id."""
        return {patient: version for patient, version in self.versions.items() if stored.get(patient, 0) < version}
