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

# What Linux calls each processor, and then the numbers that calls have on them, in this order.
PROCESSORS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FORBIDDEN = {
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setns": (308, 268),
    "vmsplice": (278, 75),
    "memfd_create": (319, 279),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
}
CLONE, CLONE3 = (56, 220), 435


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

    if sys.platform != "linux" or platform.machine() not in PROCESSORS:
        return
    steps = [struct.pack("HBBI", *step) for step in instructions(platform.machine())]
    code = ctypes.create_string_buffer(b"".join(steps))
    header = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None)
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS, without which there is no filter
    libc.prctl(22, 2, ctypes.create_string_buffer(header), 0, 0)  # PR_SET_SECCOMP


def instructions(machine: str) -> list:
    """Write the filter for a processor: instruction, steps to skip if it holds or not, operand."""
    column = list(PROCESSORS).index(machine)
    refused, missing, allowed = 0x50001, 0x50026, 0x7FFF0000  # EPERM, ENOSYS, and go on
    load, equal, above, has, end = 0x20, 0x15, 0x35, 0x45, 0x06
    program = [(load, 0, 0, 4), (equal, 1, 0, PROCESSORS[machine]), (end, 0, 0, refused)]
    program += [(load, 0, 0, 0), (above, 0, 1, 0x40000000), (end, 0, 0, refused)]  # another ABI
    for numbers in FORBIDDEN.values():
        program += [(equal, 0, 1, numbers[column]), (end, 0, 0, refused)]
    program += [(equal, 0, 1, CLONE3), (end, 0, 0, missing)]  # then clone is used instead
    program += [(equal, 0, 2, CLONE[column]), (load, 0, 0, 16), (has, 1, 0, 0x10000000)]  # NEWUSER
    return [*program, (end, 0, 0, allowed), (end, 0, 0, refused)]


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
