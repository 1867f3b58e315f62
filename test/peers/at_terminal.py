"""Runs a program at a pseudo-terminal, as a person does: waits for a text, types an answer, and so on. Prints all that the program wrote; ends as it ends.

at_terminal.py ANSWERS PROGRAM ARGUMENT...   ANSWERS: JSON, a list of [text to wait for, what to type]
"""
import json
import os
import pty
import sys

answers = [(wait.encode(), typed.encode()) for wait, typed in json.loads(sys.argv[1])]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

seen = b""
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:  # the program has closed its end
        break
    if not chunk:
        break
    sys.stdout.buffer.write(chunk)
    seen += chunk
    if answers and answers[0][0] in seen:
        os.write(terminal, answers.pop(0)[1])
        seen = b""
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
