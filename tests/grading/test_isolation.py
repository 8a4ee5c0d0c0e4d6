"""What a kernel sees and may use up in each tier, and that nothing is left behind."""

import ast
import contextlib
import functools
import mmap
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from coursepkg.grading import isolation, kernels, usage
from coursepkg.grading.isolation import NoSandbox, box, chosen
from coursepkg.grading.kernels import BoxedKernel, KernelStoppedError
from coursepkg.grading.sandbox import python_folders


def works(tier):
    try:
        return chosen(tier) == tier
    except NoSandbox:
        return False


def tiers(*names):
    """Those tiers, of which each is skipped with a reason where it does not work."""
    return [
        pytest.param(name, marks=pytest.mark.skipif(not works(name), reason=f"no {name} here"))
        for name in names
    ]


TIERS = tiers("bwrap", "limits", "none")
on = functools.partial(pytest.mark.parametrize, "kernel", indirect=True)


def said(kernel, source, timeout=20.0):
    """Run a cell and return what it printed, or the name of its error."""
    message = kernel.execute_cell_input(source, allow_stdin=False)
    kernel.await_reply(message, timeout)
    lines = []
    while True:
        found = kernel.get_message("iopub", timeout=10)
        if found["parent_header"].get("msg_id") != message:
            continue
        content = found["content"]
        if content.get("execution_state") == "idle":
            return "".join(lines).strip()
        lines += [content[key] for key in ("text", "ename") if key in content]


@pytest.fixture(scope="module", params=TIERS)
def kernel(request):
    started = BoxedKernel(request.param)
    yield started
    started.stop()


def test_of_the_package_there_is_what_exercises_need(kernel):
    assert said(kernel, "from coursepkg import datasets, show, quiet, validation") == ""
    assert said(kernel, "import coursepkg.linear_models") == "ModuleNotFoundError"
    assert said(kernel, "import coursepkg.grading") == "ModuleNotFoundError"
    assert said(kernel, "import os; print(os.listdir())") in ("[]", "['.ipython']") or (
        kernel.box.tier == "bwrap"
    )


def test_the_environment_tells_nothing(kernel):
    found = said(kernel, "import os; print(sorted(os.environ))")
    assert "COURSEPKG_OFFICIAL" in found
    for name in ("USER", "PYTHONPATH", "VIRTUAL_ENV", "OLDPWD"):
        assert f"'{name}'" not in found


LOOK_FOR_SOLUTIONS = """
import os
found = []
for place, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if f not in ("proc", "usr", "site-packages", "peers")]
    found += [f for f in files if f.startswith(("02_weight_", "linear_models."))]
print(found)
"""


@on(argvalues=tiers("bwrap"))
def test_the_sandbox_has_no_course_no_network_and_no_neighbours(kernel):
    course = str(isolation.COURSE_ROOT)
    assert said(kernel, LOOK_FOR_SOLUTIONS) == "[]"
    assert said(kernel, f"print(os.path.exists({str(Path(course) / 'exercises')!r}))") == "False"
    connect = "import socket; socket.create_connection(('127.0.0.1', 22), 1)"
    assert said(kernel, connect) in ("OSError", "ConnectionRefusedError")
    assert said(kernel, "print(len([p for p in os.listdir('/proc') if p.isdigit()]))") in "123"
    found = ast.literal_eval(said(kernel, "print(os.listdir('/tmp'))"))
    leads_to_python = {p.parts[2] for p in python_folders() if p.parts[1] == "tmp"}
    here = {isolation.COURSE_ROOT.parts[2]}  # whose folder is empty inside
    assert {n for n in found if n[:3] not in (".ip", "cpk")} <= leads_to_python | here
    assert said(kernel, "open('/usr/x', 'w')") == "OSError"
    assert said(kernel, "print(os.getuid() == 0)") == "False"


@on(argvalues=tiers("bwrap", "limits"))
def test_what_is_bounded(kernel):
    assert said(kernel, "x = bytearray(8 * 2**30)") == "MemoryError"
    write = "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(bytes(60 * 2**20))"
    assert said(kernel, write) == "OSError"
    assert said(kernel, "files = [open('/dev/null') for _ in range(2000)]") == "OSError"
    assert said(kernel, "files = None") == ""


CALLS = """
import ctypes, errno, platform
call = ctypes.CDLL(None, use_errno=True).syscall
NUMBERS = {"x86_64": (29, 248, 250, 272, 319), "aarch64": (194, 217, 219, 97, 279)}
shmget, add_key, keyctl, unshare, memfd_create = NUMBERS[platform.machine()]
for asked in (
    (shmget, 0, 4096, 0o1600), (add_key, b"user", b"a", b"b", 1, -4), (keyctl, 0, -3, 0),
    (unshare, 0x10000000), (memfd_create, b"x", 0)
):
    print(call(*asked), errno.errorcode[ctypes.get_errno()])
"""


@on(argvalues=tiers("bwrap", "limits"))
def test_what_outlives_a_kernel_or_leads_out_of_it_is_forbidden(kernel):
    assert said(kernel, CALLS).split() == ["-1", "EPERM"] * 5
    start = "import threading; t = threading.Thread(target=print, args=(1,)); t.start(); t.join()"
    assert said(kernel, start).strip() == "1", "and threads still start"


def test_files_that_are_mapped_alone_count_where_root_grades(monkeypatch):
    monkeypatch.setattr(isolation, "SCRATCH", 2**20)
    kernel = BoxedKernel("limits")
    try:
        said(kernel, "import mmap; file = open('x', 'w+b'); file.write(bytes(2**21)); file.flush()")
        said(
            kernel, "kept = mmap.mmap(file.fileno(), 4096); file.close(); import os; os.remove('x')"
        )
        is_root = os.name == "posix" and os.geteuid() == 0
        assert kernel.excess() == ("wrote more than 1 MB of files" if is_root else "")
    finally:
        kernel.stop()


@on(argvalues=tiers("bwrap"))
def test_beside_its_sockets_a_kernel_of_another_user_makes_no_files(kernel):
    other = kernel.box.user is not None
    file = kernel.box.sockets / "x"
    assert said(kernel, f"open({str(file)!r}, 'w')") == ("PermissionError" if other else "")


@on(argvalues=tiers("bwrap"))
def test_empty_files_in_memory_count(kernel, monkeypatch):
    monkeypatch.setattr(isolation, "MOST_FILES", 500)
    made = "import pathlib; [pathlib.Path(f'/tmp/empty{n}').touch() for n in range(%d)]"
    said(kernel, made % 100)
    assert kernel.excess() == ""
    said(kernel, made % 1000)
    assert kernel.excess() == "made more than 500 files"
    said(kernel, "[path.unlink() for path in pathlib.Path('/tmp').glob('empty*')]")


def test_what_cannot_be_looked_into_counts_as_too_much(tmp_path):
    with contextlib.ExitStack() as opened:
        here = os.open(tmp_path, os.O_RDONLY)
        for _ in range(20):  # deeper than a path may be long
            opened.callback(os.close, here)
            os.mkdir("d" * 250, dir_fd=here)
            here = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
    assert usage.size_of(tmp_path, 2**20) > 2**20
    subprocess.run(["rm", "-rf", tmp_path], check=True)


@pytest.mark.parametrize("tier", TIERS)
def test_nothing_is_left_of_a_kernel(tier):
    kernel = BoxedKernel(tier)
    folder, process = kernel.box.folder, psutil.Process(kernel.km.provisioner.pid)
    said(kernel, "import subprocess; p = subprocess.Popen(['sleep', '60'])")
    kernel.excess()
    children = [process, *process.children(recursive=True)]
    assert len(children) > 1
    kernel.stop()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []
    assert not folder.exists()
    kernel.stop()  # twice is once


STOPPED = [
    ("while True: pass", "timed out", "did not end within 1 s"),
    ("import os; os._exit(1)", "killed", "ended the kernel"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed", "ended the kernel"),
    ("for _ in range(300): print('x' * 10**5, flush=True)", "killed", "printed more than 10 MB"),
]


@pytest.mark.parametrize(("source", "status", "message"), STOPPED)
def test_a_kernel_that_has_to_be_stopped_says_why(source, status, message):
    kernel = BoxedKernel(chosen("auto"))
    began = time.monotonic()
    try:
        with pytest.raises(KernelStoppedError, match=message) as stopped:
            said(kernel, source, timeout=1.0 if status == "timed out" else 30.0)
        assert stopped.value.status == status
        assert time.monotonic() - began < 10
    finally:
        kernel.stop()


def test_messages_are_counted_however_small_they_are(monkeypatch):
    kernel = BoxedKernel("limits")
    try:
        monkeypatch.setattr(kernels, "MOST_MESSAGES", 100)  # at the full number ZeroMQ drops some
        assert said(kernel, "for _ in range(10): print(1, flush=True)").split() == ["1"] * 10
        with pytest.raises(KernelStoppedError, match="sent more than 100 messages"):
            said(kernel, "for _ in range(200): print('x', flush=True)")
    finally:
        kernel.stop()


def test_too_much_memory_or_disk_is_noticed(monkeypatch):
    tier = "limits"
    kernel = BoxedKernel(tier)
    try:
        assert kernel.excess() == ""
        monkeypatch.setattr(isolation, "MEMORY", 2**20)
        assert kernel.excess() == "used more than 0 GB of memory"
        monkeypatch.undo()
        monkeypatch.setattr(isolation, "SCRATCH", 2**20)
        said(kernel, "open('big', 'wb').write(bytes(2 * 2**20))")
        assert kernel.excess() == "wrote more than 1 MB of files"
        monkeypatch.undo()
        monkeypatch.setattr(isolation, "PROCESSES", 0)
        assert kernel.excess() == "started more than 0 processes"
    finally:
        kernel.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="nothing else tells the two apart")
def test_a_file_in_memory_is_not_memory_that_a_kernel_cost(tmp_path):
    size, page = 64 * 2**20, mmap.PAGESIZE
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    before = kernels._own_memory()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert sum(mapped[::page]) == ord("x") * size // page, "all of it was looked at"
        assert kernels._own_memory() - before < size / 4
        held = b"x" * size
        assert kernels._own_memory() - before > len(held) * 3 / 4


def test_a_kernel_that_does_not_start_leaves_nothing(monkeypatch, tmp_path):
    def silent(_kernel):
        raise RuntimeError("no answer")

    monkeypatch.setattr(BoxedKernel, "_ensure_iopub_up", silent)
    before = psutil.Process().children(recursive=True)
    with pytest.raises(RuntimeError, match="no answer"):
        BoxedKernel("none", tmp_path)
    assert [p for p in psutil.Process().children(recursive=True) if p not in before] == []
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoSandbox) as refused:
        chosen("bwrap")
    assert str(refused.value) == (
        "isolation bwrap does not work on this machine: bwrap is not installed (on Debian and "
        "Ubuntu: apt install bubblewrap)"
    )
    assert chosen("auto") == "limits"


def test_a_sandbox_that_does_not_work_says_why(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(NoSandbox, match=r"machine: bwrap: No permissions to create new names"):
        chosen("bwrap")
    assert chosen("auto") == "limits"


def test_windows_takes_what_there_is(monkeypatch):
    monkeypatch.setattr(isolation.os, "name", "nt")
    with pytest.raises(NoSandbox, match="it needs Linux or macOS"):
        chosen("limits")


def test_every_file_of_a_box_is_there(tmp_path):
    with box("none", tmp_path) as place:
        names = {str(p.relative_to(place.folder)) for p in place.folder.rglob("*")}
        assert {"boot.py", "home", "sockets", "package/coursepkg/show.py"} <= names
        assert not [name for name in names if "linear_models" in name]
    assert list(tmp_path.iterdir()) == []
