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
    import_from(settings["package"], settings["installed"])
    if settings["connection_file"] is None:
        return
    from ipykernel.kernelapp import launch_new_instance

    sys.argv[1:] = []
    launch_new_instance(["-f", settings["connection_file"], "--HistoryManager.enabled=False"])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
