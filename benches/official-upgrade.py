"""Prints the milliseconds from the last answer that @clerk/upgrade 1.2.4 wants to its first finding
on the screen: official-upgrade.py CLI.JS FOLDER. It runs in a terminal only, hence the pseudo-terminal."""

import os
import pty
import select
import sys
import time

tool, folder = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.chdir(folder)
    flags = ["--from=core-1", "--to=core-2", "--sdk=backend", "--dir=.", "--disableTelemetry"]
    os.execvp("node", ["node", tool, *flags])

shown = b""
questions = [b"like to ignore", b"Does this look right"]
started = None
while True:
    ready, _, _ = select.select([terminal], [], [], 0.01)
    if ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    if questions and questions[0] in shown:
        # The prompt reads keys a moment after it is drawn.
        time.sleep(3)
        questions.pop(0)
        started = time.monotonic()
        os.write(terminal, b"\r")
    if not questions and b"Location:" in shown:
        break
finished = time.monotonic()
os.kill(child, 9)
os.waitpid(child, 0)
if b"Location:" not in shown:
    sys.exit("it ended without a finding: " + shown[-300:].decode("utf8", "replace"))
print(round((finished - started) * 1000))
