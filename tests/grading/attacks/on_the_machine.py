"""Attacks on the kernel's connection, its process, and what a machine has to share."""

from tests.grading.attacks.attack import Attack
from tests.grading.handed_in import cell_of

# Defines send(kind, **more): sends a message as the kernel would, signed with its key.
SEND = """
import time
kernel = get_ipython().kernel
parent = kernel.get_parent("shell")

def send(kind, content, channel=kernel.iopub_socket, **more):
    kernel.session.send(channel, kind, content, parent=parent, **more)
"""
ANSWER_WRONG = "\ndef soft_threshold(z, threshold):\n    return z\n"
# Defines SOCKETS: the folder in which grader and kernel meet, the only one that both can write in.
SOCKETS = """
import os
SOCKETS = os.path.dirname(get_ipython().kernel.config["IPKernelApp"]["connection_file"])
"""
NO_END = "did not end within"


def with_exits_in_checks(notebook):
    for name in ("soft_threshold", "ridge", "keras_to_sklearn"):
        cell_of(notebook, name).source = f"import os\n{name} = lambda *_, **__: os._exit(0)"


ATTACKS = [
    Attack(
        "os-exit",
        "End the kernel.",
        "import os\nos._exit(0)",
        ends="stopped",
        says="soft_threshold: ended the kernel",
    ),
    Attack(
        "exit-in-a-check",
        "End the kernel in the middle of a check, in three parts.",
        change=with_exits_in_checks,
        ends="stopped",
        says="ended the kernel",
        only_in_sandbox=True,
    ),
    Attack(
        "endless-loop",
        "Never come to an end.",
        "def soft_threshold(z, threshold):\n    while True:\n        pass",
        ends="stopped",
        says=NO_END,
        only_in_sandbox=True,
    ),
    Attack(
        "endless-loop-without-end",
        "Never come to an end, and take no interrupt for an answer.",
        """
import signal
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.SIG_IGN)

def soft_threshold(z, threshold):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
""",
        ends="stopped",
        says=NO_END,
        only_in_sandbox=True,
    ),
    Attack(
        "endless-regex",
        "Never come to an end within C, where Python sees no signal.",
        "import re\nre.match('(a*)*$', 'a' * 40 + 'b')",
        ends="stopped",
        says=NO_END,
        only_in_sandbox=True,
    ),
    Attack(
        "stopped-process",
        "Stop the kernel without ending it.",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        ends="stopped",
        says=NO_END,
        only_in_sandbox=True,
    ),
    Attack(
        "100-mb-of-output",
        "Print 100 MB.",
        "for _ in range(100):\n    print('x' * 2**20)",
        ends="stopped",
        says="printed",
        floods=True,
    ),
    Attack(
        "output-that-never-ends",
        "Go on printing from a thread, so that nobody knows when the output is over.",
        """
import threading

def chatter():
    while True:
        print("right")

threading.Thread(target=chatter, daemon=True).start()
"""
        + ANSWER_WRONG,
        only_in_sandbox=True,
        ends="",
    ),
    Attack(
        "memory",
        "Take 20 GB of memory.",
        "hoard = bytearray(20 * 2**30)",
        says="MemoryError",
        only_in_sandbox=True,
    ),
    Attack(
        "300-mb-file",
        "Write a file of 300 MB.",
        """
with open("large", "wb") as file:
    for _ in range(300):
        file.write(bytes(2**20))
""",
        says="OSError: [Errno 27] File too large",
        only_in_sandbox=True,
    ),
    Attack(
        "many-files",
        "Fill the disk with files of 10 MB.",
        """
for number in range(60):
    with open(f"file-{number}", "wb") as file:
        file.write(bytes(10 * 2**20))
""",
        says="No space left on device",
        only_in_sandbox=True,
    ),
    Attack(
        "many-empty-files",
        "Fill the folder of sockets with empty files, which have no size to add up.",
        SOCKETS
        + """
import time
for number in range(60_000):
    open(f"{SOCKETS}/{number}", "w").close()
time.sleep(1)
""",
        ends="",
        says="soft_threshold: ",
        only_in_sandbox=True,
    ),
    Attack(
        "deep-folders",
        "Make folders within folders, in which whoever clears them away gets lost.",
        SOCKETS
        + """
os.chdir(SOCKETS)
for _ in range(1500):
    os.mkdir("d")
    os.chdir("d")
os._exit(0)
""",
        ends="",
        says="soft_threshold: ",
        only_in_sandbox=True,
    ),
    Attack(
        "fork-bomb",
        "Start processes that start processes.",
        """
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(1)
""",
        ends="stopped",
        says="soft_threshold: ",
        only_in_sandbox=True,
    ),
    Attack(
        "kill-everybody",
        "Kill every process there is, the grader first.",
        """
import os
for process in (os.getppid(), 1, -1):
    try:
        os.kill(process, 9)
    except OSError:
        pass
os._exit(0)
""",
        ends="stopped",
        says="ended the kernel",
        only_in_sandbox=True,
    ),
    Attack(
        "kill-the-group",
        "Kill the group of processes that one belongs to.",
        "import os\nos.killpg(0, 9)",
        ends="stopped",
        says="ended the kernel",
        only_in_sandbox=True,
    ),
    Attack(
        "daemon",
        "Leave a process behind that nobody knows of.",
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/bin/sleep", ["sleep", "86399"])
    os._exit(0)
"""
        + ANSWER_WRONG,
        says="expected",
    ),
    Attack(
        "ask-for-input",
        "Ask a question that nobody answers.",
        SEND
        + """
content = {"prompt": "password?", "password": True}
send("input_request", content, kernel.stdin_socket, ident=kernel._parent_ident["shell"])
input("password?")
""",
        says="StdinNotImplementedError",
        only_in_sandbox=True,
    ),
    Attack(
        "flood-of-messages",
        "Send messages without end, of which ZeroMQ drops those that nobody reads in time.",
        SEND
        + """
while True:
    send("stream", {"name": "stdout", "text": "x"})
""",
        ends="stopped",
        says="soft_threshold: ",
        only_in_sandbox=True,
    ),
    Attack(
        "flood-of-brackets",
        "Send one message that is small, and hundreds of times as large when it is unpacked.",
        SEND
        + """
nested = b"[" + b",".join([b'{"":' * 200 + b"0" + b"}" * 200] * 9000) + b"]"
frames = [nested] * 4
kernel.iopub_socket.send_multipart([b"stream", b"<IDS|MSG>", kernel.session.sign(frames), *frames])
time.sleep(9)
""",
        ends="stopped",
        says="printed more than 10 MB",
        floods=True,
    ),
    Attack(
        "flood-of-small-prints",
        "Send pieces of text that take long to be put together.",
        SEND
        + """
for number in range(8000):
    send("stream", {"name": "stdout", "text": "x" * 1200})
    if number % 200 == 0:
        time.sleep(0.01)
"""
        + ANSWER_WRONG,
        only_in_sandbox=True,
        ends="",
    ),
    Attack(
        "flood-of-metadata",
        "Send what is large, but where nobody expects it to be.",
        SEND
        + """
for _ in range(60):
    send("display_data", {"data": {}, "metadata": {}}, metadata={"x": "x" * 9_000_000})
time.sleep(9)
""",
        ends="stopped",
        says="soft_threshold: ",
        floods=True,
    ),
    Attack(
        "flood-of-buffers",
        "Send large buffers along with empty messages.",
        SEND
        + """
for _ in range(60):
    send("display_data", {"data": {}, "metadata": {}}, buffers=[bytes(9_000_000)])
time.sleep(9)
""",
        ends="stopped",
        says="soft_threshold: ",
        floods=True,
    ),
    Attack(
        "flood-where-nobody-listens",
        "Send large questions on the channel that the grader has no use for.",
        SEND
        + """
who = kernel._parent_ident["shell"]
for _ in range(60):
    send("input_request", {"prompt": "x" * 9_000_000}, kernel.stdin_socket, ident=who)
time.sleep(9)
""",
        ends="stopped",
        says="soft_threshold: ",
        floods=True,
    ),
    Attack(
        "flood-of-replies",
        "Send replies to nobody's questions without end.",
        SEND
        + """
who = kernel._parent_ident["shell"]
parent = {"header": {"msg_id": "nobody's"}}
while True:
    send("execute_reply", {"status": "ok"}, kernel.shell_stream.socket, ident=who)
    time.sleep(0.001)
""",
        ends="stopped",
        says="soft_threshold: ",
        only_in_sandbox=True,
    ),
    Attack(
        "reply-ahead",
        "Reply to a question before it is asked: the next ids can be guessed.",
        SEND
        + """
who = kernel._parent_ident["shell"]
begin, number = parent["header"]["msg_id"].rsplit("_", 1)
for later in range(1, 30):
    parent = {"header": {**parent["header"], "msg_id": f"{begin}_{int(number) + later}"}}
    send("display_data", {"data": {"text/plain": "right"}, "metadata": {}})
    send("status", {"execution_state": "idle"})
    send("execute_reply", {"status": "ok"}, kernel.shell_stream.socket, ident=who)
"""
        + ANSWER_WRONG,
        only_in_sandbox=True,
    ),
    Attack(
        "malformed-message",
        "Send what is no message of Jupyter's.",
        SEND + "kernel.iopub_socket.send_multipart([b'no', b'message'])\ntime.sleep(1)",
        ends="stopped",
        says="sent what no kernel sends",
        only_in_sandbox=True,
    ),
    Attack(
        "message-of-brackets",
        "Send JSON that is nested deeper than a program can follow.",
        SEND
        + """
kernel.session.pack = lambda _: b"[" * 50_000 + b"]" * 50_000
send("stream", {})
time.sleep(1)
""",
        ends="stopped",
        says="sent what no kernel sends",
        only_in_sandbox=True,
    ),
    Attack(
        "wrong-key",
        "Change the key with which messages are signed.",
        SEND + "kernel.session.key = b'another'",
        ends="stopped",
        says="sent what no kernel sends",
        only_in_sandbox=True,
    ),
    Attack(
        "output-falls-silent",
        "Close the channel for output, so that the end of a cell is never told.",
        SEND + "kernel.iopub_thread.stop()",
        only_in_sandbox=True,
        ends="stopped",
    ),
    Attack(
        "sockets-away",
        "Remove the sockets, and put links to other ones in their places.",
        SOCKETS
        + """
for name in os.listdir(SOCKETS):
    os.remove(f"{SOCKETS}/{name}")
    os.symlink("/run/docker.sock", f"{SOCKETS}/{name}")
"""
        + ANSWER_WRONG,
        ends="",
        only_in_sandbox=True,
    ),
]
