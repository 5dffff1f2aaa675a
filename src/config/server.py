"""granian's server, with one listening socket for all workers. Run as `python -m config.server`."""

import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.synchronize import Event
from time import monotonic, sleep

from granian import cli
from granian._granian import ListenerSpec
from granian.log import logger
from granian.server.mp import MPServer, WorkerProcess

SECONDS_TO_LOAD = 60
SECONDS_TO_READ = 0.5  # for the requests on connections that a worker accepted last
SECONDS_BETWEEN_CRASHES = 0.5

Load = Callable[[], Callable[..., object]]


class Server(MPServer):
    """Refuses no connection while it replaces workers, and replaces each worker that is killed, however often.

    This process keeps the listening socket open: connections wait in its queue while no worker accepts. granian gives
    each worker a socket of its own, with a queue that is lost when the worker ends. A worker that cannot load the
    application replaces none; two such within seconds end the server.
    """

    _listener: socket.socket | None = None

    def _init_shared_socket(self) -> None:
        if sys.platform == "win32" or self.bind_uds:
            super()._init_shared_socket()
            return
        self._shd = ListenerSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._sso = self._listener = socket.socket(fileno=self._shd.get_fd())
        self._listener.set_inheritable(True)

    def _spawn_worker(self, idx: int, target: Callable[..., None], callback_loader: Load) -> WorkerProcess:
        self._loaded = multiprocessing.Event()
        return super()._spawn_worker(idx, target, partial(_load, callback_loader, self._listener, self._loaded))

    def _respawn_workers(
        self, workers: Sequence[int], spawn_target: Callable[..., None], target_loader: Load, delay: float = 0
    ) -> None:
        for index in workers:
            old, new = self.wrks[index], self._spawn_worker(index, spawn_target, target_loader)
            new.start()
            if not old.is_alive():
                if (old.inner.exitcode or 0) >= 0:  # it was not killed: granian ends if the new one does the same
                    self.respawned_wrks[index] = monotonic()
                sleep(SECONDS_BETWEEN_CRASHES)
            elif self._has_loaded(new):
                self._stop(old)
            else:
                new.kill()
                logger.error(f"Worker-{index + 1} is not replaced: the new one does not load, or the server ends.")
                break
            self.wrks[index] = new
        self._note_missed_deaths()

    def _note_missed_deaths(self) -> None:
        """granian forgets a worker that dies just while it clears its list of the dead."""
        for index, worker in enumerate(self.wrks):
            if not worker.is_alive() and index not in self.interrupt_children:
                self.interrupt_children.append(index)
                self.main_loop_interrupt.set()

    def _has_loaded(self, worker: WorkerProcess) -> bool:
        worker.interrupt_by_parent = True  # until it has loaded, its end is no crash
        deadline = monotonic() + SECONDS_TO_LOAD
        while not self._loaded.wait(0.1):
            if self.interrupt_signal or not worker.is_alive() or monotonic() > deadline:
                return False
        worker.interrupt_by_parent = False
        return True

    def _stop(self, worker: WorkerProcess) -> None:
        worker.interrupt_by_parent = True
        if self._listener and worker.inner.pid:
            os.kill(worker.inner.pid, signal.SIGUSR1)
            sleep(SECONDS_TO_READ)
        worker.terminate()
        worker.join(self.workers_kill_timeout)
        if worker.is_alive():
            worker.kill()
            worker.join()


def _load(load: Load, listener: socket.socket | None, loaded: Event) -> Callable[..., object]:
    """In a worker: SIGUSR1 has it accept no more connections, and answer those it has.

    The socket belongs to all workers, so that none may shut it down. In this one a socket that nobody calls takes its
    place.
    """
    application = load()
    if listener:
        silent = socket.create_server(("127.0.0.1", 0))
        silent.setblocking(False)
        signal.signal(signal.SIGUSR1, lambda *_: os.dup2(silent.fileno(), listener.fileno()) and None)
    loaded.set()
    return application


if __name__ == "__main__":
    cli.Server = Server  # type: ignore[misc]  # what granian's command line starts
    cli.entrypoint()
