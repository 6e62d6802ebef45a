"""Prints what @clerk/upgrade 1.2.4 needs for a folder: official-upgrade.py CLI.JS FOLDER. Milliseconds
from its start to its last word, without those in which it waits for answers, and milliseconds of the
processor. It runs in a terminal only, hence the pseudo-terminal."""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

tool, folder = sys.argv[1:]
begun = time.monotonic()
child, terminal = pty.fork()
if child == 0:
    os.chdir(folder)
    flags = ["--from=core-1", "--to=core-2", "--sdk=backend", "--dir=.", "--disableTelemetry"]
    os.execvp("node", ["node", tool, *flags])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))


def processor():
    """Milliseconds that it has had of the processor."""
    with open(f"/proc/{child}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


shown = b""
questions = [b"like to ignore", b"Does this look right"]
# The findings themselves are folded until a key is pressed.
done = [b"File scan complete", b"nothing you need to change"]
waited = 0
while True:
    ready, _, _ = select.select([terminal], [], [], 0.01)
    if ready:
        try:
            data = os.read(terminal, 1 << 20)
        except OSError:
            break
        if not data:
            break
        # The progress is drawn again and again; the end is all that is looked for.
        shown = (shown + data)[-100_000:]
    if questions and questions[0] in shown:
        # The prompt reads keys a moment after it is drawn.
        time.sleep(3)
        waited += 3
        questions.pop(0)
        os.write(terminal, b"\r")
    if not questions and any(word in shown for word in done):
        break
finished = time.monotonic()
if not any(word in shown for word in done):
    sys.exit("it ended without a result: " + shown[-300:].decode("utf8", "replace"))
print(round((finished - begun - waited) * 1000), round(processor()))
os.kill(child, 9)
os.waitpid(child, 0)
