"""A mail server for a few messages: prints each one that it takes, as Python's own mail package understands it, as one line of JSON.

    mail_server.py                      prints "port N" when it listens on 127.0.0.1; ends with its standard input

Standard library only, written from RFC 5321: no extension but SIZE, one command at a time, a recipient refused@... is refused.
"""
import email
import email.policy
import json
import socketserver
import sys
import threading


class Session(socketserver.StreamRequestHandler):
    def say(self, *lines):
        self.wfile.write("".join(line + "\r\n" for line in lines).encode())

    def handle(self):
        self.say("220 independent ESMTP")
        recipient = None
        for line in self.rfile:
            command = line.decode().rstrip("\r\n")
            verb = command.upper().split(":")[0]
            if verb.startswith("EHLO"):
                self.say("250-independent", "250 SIZE 1000000")
            elif verb == "MAIL FROM":
                self.say("250 ok" if recipient is None else "503 nested MAIL command")
            elif verb == "RCPT TO" and "refused@" in command:
                recipient = ""
                self.say("550-5.1.1 no such user", "550 5.1.1 here")
            elif verb == "RCPT TO":
                recipient = command.split("<")[1].rstrip(">")
                self.say("250 ok")
            elif verb == "RSET":
                recipient = None
                self.say("250 ok")
            elif verb == "DATA":
                self.say("354 go on")
                self.show(recipient, self.text())
                recipient = None
                self.say("250 taken")
            elif verb == "QUIT":
                return self.say("221 bye")
            else:
                self.say("502 what?")

    def text(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
        return b""

    def show(self, recipient, source):
        message = email.message_from_bytes(source, policy=email.policy.default)
        bodies = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
        print(json.dumps({
            "recipient": recipient,
            "headers": {key: str(value) for key, value in message.items()},
            "defects": [str(one) for part in message.walk() for one in part.defects],
            "longest": max(len(line) for line in source.split(b"\r\n")),
            **{kind: body and body.get_content().replace("\r\n", "\n") for kind, body in bodies.items()},
        }), flush=True)


server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"port {server.server_address[1]}", flush=True)
sys.stdin.read()
