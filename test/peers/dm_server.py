"""A Data Management storage service for one conversation: logs each request, decoded, as one line of JSON on standard output.

    dm_server.py USERNAME PASSWORD      prints "port N" when it listens on 127.0.0.1; ends with its standard input

Standard library only, written from the service's published facts alone: cookie named otherwise than elsewhere, expired once after
the third request, renewed with each answer, errors with status 200.
"""
import base64
import json
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

username, password = sys.argv[1:]
experiments = {}
sessions = set()
requests = 0


def decode(text):
    """What a server makes of b'...': both layers off, line ends or not."""
    if not text.startswith("b'"):
        return text
    return base64.b64decode(base64.b64decode(text[2:-1])).decode()


def full(name):
    return {"id": 7, "name": name, "experimentUsernameList": experiments[name], "description": None, "pinnedAtTime": "1.5"}


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, code=0, message="", status=200, cookie=False):
        payload = json.dumps({"errorMessage": message, "errorCode": code} if code else body).encode()
        self.send_response(status)
        self.send_header("Dm-Status-Code", str(code))
        if message:
            self.send_header("Dm-Status-Message", message)
        if cookie:
            sessions.clear()
            sessions.add(secrets.token_hex(8))
            self.send_header("Set-Cookie", f"session_id={next(iter(sessions))}; expires=Wed, 01 Jan 2031 00:00:00 GMT; Path=/; HttpOnly")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def serve(self):
        global requests
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        target = urlsplit(self.path)
        parts = [decode(unquote(part)) for part in target.path.split("/")]
        query = {key: decode(value) for key, value in parse_qsl(target.query)}
        cookies = dict(pair.split("=", 1) for pair in self.headers.get("Cookie", "=").split("; "))
        known = cookies.get("session_id") in sessions
        print(json.dumps({"method": self.command, "parts": parts, "query": query, "known": known, "body": bool(body)}), flush=True)
        if parts == ["", "dm", "login"]:
            form = {key: value[0] for key, value in parse_qs(body, strict_parsing=True).items()}
            if form == {"username": username, "password": password}:
                return self.answer({}, cookie=True)
            return self.answer({}, 6, "Incorrect username or password.", 401)
        requests += 1
        if not known:
            return self.answer({}, 12, "Session is not known.")
        if requests == 3:
            sessions.clear()
            return self.answer({}, 12, "Session has expired.")
        self.operate(parts, query)

    def operate(self, parts, query):
        if parts[2] == "experiments":
            name = query["experimentName"]
            if name in experiments:
                return self.answer({}, 15, f"{name} exists.", cookie=True)
            experiments[name] = []
            return self.answer(full(name), cookie=True)
        name = parts[3]
        if name not in experiments:
            return self.answer({}, 14, f"{name} does not exist.", cookie=True)
        if len(parts) == 7:
            experiments[name].append(parts[5])
        self.answer(full(name), cookie=True)

    do_GET = do_POST = serve


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"port {server.server_address[1]}", flush=True)
sys.stdin.read()
