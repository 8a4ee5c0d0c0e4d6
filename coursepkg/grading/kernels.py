"""Kernels as the graders start them, whose end, silence and flood of words are noticed in time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Empty
from typing import Any

import psutil
import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager, RunningKernel

from coursepkg.grading.exercise import CHECKING
from coursepkg.grading.isolation import adopt_orphans, box
from coursepkg.grading.sizes import values_in
from coursepkg.grading.usage import family

POLL = 0.25  # seconds between looks at whether the kernel is still alive
GLANCE = 0.05  # seconds between looks at what it sent
STARTING = 120  # seconds until a kernel answers and has loaded TensorFlow, on a busy machine
MOST_OUTPUT = 10 * 2**20  # characters that one cell may send
MOST_MESSAGES = 20_000
VALUE = 50  # characters that one counts for, since it becomes an object of hundreds of bytes
MOST_GROWTH = 200 * 2**20  # bytes of memory that listening to a kernel may cost
LAST_WORDS = 10.0  # seconds for the output of a cell that has ended


class KernelStoppedError(Exception):
    """The kernel ended, or has to be ended.

    Parameters
    ----------
    status : str
        ``killed`` or ``timed out``.
    message : str
        What the cell did, in words that follow its name.
    """

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Kernel(RunningKernel):
    """A kernel in this environment, for a learner who checks their own notebook.

    Parameters
    ----------
    cwd : Path
        Its working folder.
    """

    deadline = float("inf")  # on the monotonic clock: by then the last cell has to have ended

    def __init__(self, cwd: Path) -> None:
        with self._cleared_if_it_fails():
            folder = tempfile.TemporaryDirectory(prefix="cpk-", ignore_cleanup_errors=True)
            self.km = _manager(Path(self.cleanup.enter_context(folder)))
            python = NbvalKernelspecManager().get_kernel_spec(CURRENT_ENV_KERNEL_NAME)
            self._launch(python, cwd=cwd, env={**os.environ, CHECKING: "1"})

    def stop(self) -> None:
        """End the kernel and clear its place away, whatever state it is in."""
        if hasattr(self, "kc"):
            with contextlib.suppress(Exception):
                self.kc.stop_channels()
        if hasattr(self, "km"):
            with contextlib.suppress(Exception):
                self.km.shutdown_kernel(now=True)
            self.km.context.destroy(linger=0)
            del self.km
        self.cleanup.close()

    @contextlib.contextmanager
    def _cleared_if_it_fails(self) -> Iterator[None]:
        self.cleanup = contextlib.ExitStack()
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def _launch(self, spec: KernelSpec, *, cwd: Path, env: Mapping[str, str]) -> None:
        self.km._kernel_spec = spec
        silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        self.km.start_kernel(cwd=str(cwd), env=env, **silent)
        self.kc = self.km.client(context=self.km.context)  # else it takes messages of any size
        self.kc.start_channels(stdin=False, hb=False, control=False)  # nobody reads those
        self.waiting: deque[dict[str, Any]] = deque()
        self.sent = self.messages = 0
        self.silent_from, self.next_look = float("inf"), 0.0
        self.memory = _own_memory()
        try:
            self._ensure_iopub_up()
        except KernelStoppedError as stop:
            raise RuntimeError(f"at its start the kernel {stop.message}") from None

    def _ensure_iopub_up(self) -> None:
        """Wait until the kernel answers and its output arrives, longer than nbval's ten seconds."""
        end = time.monotonic() + STARTING
        while time.monotonic() < end:
            asked = self.kc.kernel_info()
            self.await_reply(asked, STARTING)
            with contextlib.suppress(Empty):
                self.await_idle(asked, timeout=1)
                return
        raise KernelStoppedError("timed out", f"sent nothing for {STARTING} s")

    def execute_cell_input(self, cell_input: str, allow_stdin: bool | None = None) -> str:
        """Send a cell to the kernel, whose output counts anew from here."""
        self.sent = self.messages = 0
        self.silent_from = float("inf")
        return super().execute_cell_input(cell_input, allow_stdin)

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        """Wait until a cell has run.

        Raises
        ------
        KernelStoppedError
            If it does not end in time, ends the kernel, or uses more than it may.
        """
        end = min(time.monotonic() + (timeout or float("inf")), self.deadline)
        while True:
            with contextlib.suppress(Empty):
                message = self._receive(self.kc.shell_channel, GLANCE)
                if message["parent_header"].get("msg_id") == msg_id:
                    self.silent_from = time.monotonic() + LAST_WORDS
                    return
            self._listen()
            self._look_after()
            if time.monotonic() > end:
                raise KernelStoppedError("timed out", f"did not end within {timeout:g} s")

    def run(self, source: str, timeout: float) -> None:
        """Run a piece of code that is not looked at."""
        self.await_reply(self.execute_cell_input(source, allow_stdin=False), timeout)

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """Return the next message; what came while a cell ran comes first."""
        if stream != "iopub":
            return super().get_message(stream, timeout)
        if time.monotonic() > self.silent_from:
            raise KernelStoppedError("killed", "did not stop to print")
        if self.waiting:
            return self.waiting.popleft()
        end = time.monotonic() + (timeout or float("inf"))
        while time.monotonic() < end:
            with contextlib.suppress(Empty):
                return self._receive(self.kc.iopub_channel, GLANCE)
            self._look_after()
        raise Empty

    def excess(self) -> str:
        """Say what the kernel uses too much of, or nothing."""
        return ""

    def _listen(self) -> None:
        """Take in what the kernel sent, so that it does not pile up."""
        with contextlib.suppress(Empty):
            for _ in range(MOST_MESSAGES):
                self.waiting.append(self._receive(self.kc.iopub_channel, 0))

    def _receive(self, channel: Any, timeout: float) -> dict[str, Any]:
        """Receive a message, of which nothing is unpacked before it is known to be small."""
        if not channel.socket.poll(round(timeout * 1000)):
            raise Empty
        frames = channel.socket.recv_multipart()
        self.messages += 1
        for frame in frames:
            self.sent += len(frame) + VALUE * values_in(frame, most=MOST_OUTPUT // VALUE)
        if self.sent > MOST_OUTPUT:
            raise KernelStoppedError("killed", f"printed more than {MOST_OUTPUT >> 20} MB")
        if self.messages > MOST_MESSAGES:
            raise KernelStoppedError("killed", f"sent more than {MOST_MESSAGES} messages")
        _, signed = self.kc.session.feed_identities(frames)
        message = self.kc.session.deserialize(signed)
        del message["buffers"]
        return message

    def _look_after(self) -> None:
        if _own_memory() > self.memory + MOST_GROWTH:
            raise KernelStoppedError("killed", "sent more than anybody can take in")
        if time.monotonic() < self.next_look:
            return
        self.next_look = time.monotonic() + POLL
        if not self.is_alive():
            raise KernelStoppedError("killed", "ended the kernel (os._exit, or out of memory)")
        excess = self.excess()
        if excess:
            raise KernelStoppedError("killed", excess)


class BoxedKernel(Kernel):
    """A kernel for code of somebody else.

    Parameters
    ----------
    tier : str
        How it is isolated, as `isolation.chosen` says.
    within : Path, optional
        The folder for what it needs on the disk meanwhile.
    """

    def __init__(self, tier: str, within: Path | None = None) -> None:
        self.family: list[psutil.Process] = []
        adopt_orphans()
        with self._cleared_if_it_fails():
            self.box = self.cleanup.enter_context(box(tier, within))
            self.cleanup.callback(lambda: self.box.end_all(self.family))
            self.km = _manager(self.box.sockets)
            self.km.write_connection_file()
            if self.box.user is not None:
                os.chown(self.km.connection_file, self.box.user, self.box.user)
            command = self.box.command(self.km.connection_file)
            spec = KernelSpec(argv=command, interrupt_mode="message", language="python")
            self._launch(spec, cwd=self.box.folder / "home", env=self.box.environment())
            self.box.close_sockets()

    def excess(self) -> str:
        """Say what the kernel uses too much of, or nothing."""
        self.family = family(self.km.provisioner.pid)
        return self.box.excess(self.family)


class WarmKernel(BoxedKernel):
    """A kernel that begins with a piece of code, which nobody has to wait for.

    Parameters
    ----------
    tier, within
        As for `BoxedKernel`.
    source : str
        The code; what is sent to the kernel afterwards runs after it.
    """

    def __init__(self, tier: str, within: Path | None, source: str) -> None:
        super().__init__(tier, within)
        self.execute_cell_input(source, allow_stdin=False)


def _own_memory() -> int:
    """Return the bytes that this process holds, without files, which come and go with their use."""
    info = psutil.Process().memory_info()
    return info.rss - getattr(info, "shared", 0)


def _manager(folder: Path) -> KernelManager:
    """Return a manager whose kernel talks through files in a folder, and is not listened to long.

    With ports of the network, two kernels that start at once may be given the same one.
    """
    files = {"transport": "ipc", "ip": str(folder / "k")} if os.name == "posix" else {}
    manager = KernelManager(connection_file=str(folder / "kernel.json"), **files)
    manager.context = zmq.Context()
    manager.context.setsockopt(zmq.MAXMSGSIZE, MOST_OUTPUT)
    manager.context.setsockopt(zmq.RECONNECT_IVL, 10)  # ms: a kernel listens half a second later
    return manager
