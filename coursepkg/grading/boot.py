"""The first thing that runs in a kernel of the grader: it bounds the process, then starts IPython.

A file of its own without imports from the package, since of that the kernel sees a part alone. Its
one argument is a JSON object with

- ``package``: the folder from which ``coursepkg`` is imported, in place of an installed one;
- ``installed``: folders with other packages, some of which Python may not look into by itself;
- ``limits``: bounds by name of `resource`, as ``{"FSIZE": 1000}``; a machine may lack some;
- ``user``: the user and group to become, or null;
- ``connection_file``: where IPython learns how to talk to the grader; null to start nothing.
"""

import json
import os
import sys

# By processor: its number, that of clone, and the numbers of shmget, semget, msgget, add_key,
# request_key, keyctl, unshare, setns, vmsplice, memfd_create, userfaultfd, bpf, perf_event_open,
# ptrace, process_vm_readv, process_vm_writev and io_uring_setup.
CALLS = {
    "x86_64": (
        0xC000003E,
        56,
        (29, 64, 68, 248, 249, 250, 272, 308, 278, 319, 323, 321, 298, 101, 310, 311, 425),
    ),
    "aarch64": (
        0xC00000B7,
        220,
        (194, 190, 186, 217, 218, 219, 97, 268, 75, 279, 282, 280, 241, 117, 270, 271, 425),
    ),
}
CLONE3 = 435  # on both


def bound(limits: dict) -> None:
    """Set limits that the process cannot raise again."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):  # macOS knows some limits and takes none
            continue


def become(user: int) -> None:
    """Give up being root, for good."""
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def forbid() -> None:
    """Forbid what reaches beyond one kernel, on Linux: keys, hidden memory, further namespaces.

    Keys of the system outlive a kernel, some memory belongs to no process that could be asked for
    it, and in a namespace of its own a user is root. Elsewhere, and on rare processors, nothing
    happens.
    """
    import ctypes
    import platform
    import struct

    known = CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return
    arch, clone, calls = known
    refused, missing, allowed = 0x50001, 0x50026, 0x7FFF0000  # EPERM, ENOSYS, and go on
    load, equal, above, has, end = 0x20, 0x15, 0x35, 0x45, 0x06  # instructions of BPF
    program = [(load, 0, 0, 4), (equal, 1, 0, arch), (end, 0, 0, refused), (load, 0, 0, 0)]
    program += [(above, 0, 1, 0x40000000), (end, 0, 0, refused)]  # the calls of another ABI
    for call in calls:
        program += [(equal, 0, 1, call), (end, 0, 0, refused)]
    program += [(equal, 0, 1, CLONE3), (end, 0, 0, missing)]  # then clone is used instead
    program += [(equal, 0, 2, clone), (load, 0, 0, 16), (has, 1, 0, 0x10000000)]  # NEWUSER
    program += [(end, 0, 0, allowed), (end, 0, 0, refused)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None)
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS, without which there is no filter
    libc.prctl(22, 2, ctypes.create_string_buffer(header), 0, 0)  # PR_SET_SECCOMP


def import_from(package: str, installed: list) -> None:
    """Let ``coursepkg`` be what the grader put there, and nothing that is installed."""
    finders = [f for f in sys.meta_path if not _of_an_editable_install(f)]
    sys.meta_path[:] = finders
    others = [path for path in sys.path if path]
    sys.path[:] = [package, *others, *(path for path in installed if path not in others)]


def _of_an_editable_install(finder: object) -> bool:
    return getattr(finder, "__module__", "").startswith("__editable__")


def main(settings: dict) -> None:
    """Bound the process and start a kernel in it."""
    if os.environ.get("JPY_PARENT_PID") != str(os.getppid()):  # as a sandbox numbers anew
        os.environ.pop("JPY_PARENT_PID", None)
    os.umask(0o022)
    if settings["user"] is not None:
        become(settings["user"])
    bound(settings["limits"])
    if settings["limits"]:
        forbid()
    import_from(settings["package"], settings["installed"])
    if settings["connection_file"] is None:
        return
    from ipykernel.kernelapp import launch_new_instance

    sys.argv[1:] = []
    launch_new_instance(["-f", settings["connection_file"], "--HistoryManager.enabled=False"])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
