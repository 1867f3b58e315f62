"""A Data Management service for one conversation, storage, acquisition and safety forms in one: logs each request, decoded, as one line of JSON
on standard output.

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
daqs = []
sessions = set()
requests = 0


def decode(text):
    """What a server makes of b'...': both layers off, line ends or not."""
    if not text.startswith("b'"):
        return text
    return base64.b64decode(base64.b64decode(text[2:-1])).decode()


def full(name):
    return {"id": 7, "name": name, "experimentUsernameList": experiments[name], "description": None, "pinnedAtTime": "1.5"}


def activity(experiment, directory, task):
    """As recorded answers show one that has just begun: some counters come later, and every key of the task comes back."""
    return {
        "id": f"id-{len(daqs)}",
        "experimentName": experiment,
        "experimentStationName": "2BM",
        "dataDirectory": directory,
        "status": "running",
        "countFiles": 0,
        "nProcessedFiles": 0,
        "nProcessingErrors": 0,
        "startTime": 1772366400.25,
        "startTimestamp": "2026/03/01 06:00:00 CST",
        "storageUrl": "sojourner://dm.example.org/gdata/dm/2BM",
        **task,
    }


ESAF = {
    "esafId": 302911,
    "esafTitle": "Granular flows",
    "esafStatus": "Pending",
    "sector": "02",
    "experimentStartDate": "2026-03-03 08:00:00",
    "experimentEndDate": "2026-03-08 08:00:00",
    "experimentUsers": [{"badge": "208112", "badgeNumber": "208112", "firstName": "Emmy", "lastName": "Noether", "piFlag": "Yes"}],
    "beamline": ["2-BM-A,B"],
}


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

    def acquire(self, parts, query):
        """DAQs and uploads: the routes that are known, and for the rest those of the file that the client was given."""
        if parts[2] == "daqs":
            others = [{**activity("of another station", "/data", {}), "experimentStationName": "99ID"}]
            return self.answer(others + daqs)
        if parts[2] == "uploads":
            # As records of uploads have it: the total under another name, percent as a number.
            done = {**daqs[-1], "status": "done", "nCompletedFiles": 3, "percentageComplete": 75.0, "runTime": 4.5}
            done["nFiles"] = 4
            del done["countFiles"]
            return self.answer(done)
        _, _, _, experiment, verb, directory = parts
        if verb == "stopDaq":
            for daq in daqs:
                if (daq["experimentName"], daq["dataDirectory"], daq["status"]) == (experiment, directory, "running"):
                    daq.update(status="done", nCompletedFiles=7, countFiles=7, percentageComplete="100.0", runTime=12.25)
                    return self.answer(daq)
            return self.answer({}, 14, f"No DAQ of {experiment} for {directory}.")
        daqs.append(activity(experiment, directory, json.loads(query["taskInfo"])))
        self.answer(daqs[-1])

    def operate(self, parts, query):
        if parts[2] == "esaf":
            return self.answer([ESAF] if parts[4] == "2BM" and query["year"] == "2026" else [])
        if parts[2] in ("daqs", "uploads") or (len(parts) == 6 and parts[4] in ("startDaq", "stopDaq", "upload")):
            return self.acquire(parts, query)
        if parts[2] == "experimentsByStation":
            return self.answer([{"name": name, "startDate": "2026-03-03 08:00:00.5-06:00"} for name in experiments])
        if parts[2] == "experiments":
            name = query["experimentName"]
            if name in experiments:
                return self.answer({}, 15, f"{name} exists.", cookie=True)
            experiments[name] = []
            return self.answer(full(name), cookie=True)
        name = parts[3]
        if name not in experiments:
            return self.answer({}, 14, f"{name} does not exist.", cookie=True)
        if len(parts) == 7 and self.command == "POST":
            experiments[name].append(parts[5])
        if len(parts) == 7 and self.command == "DELETE":
            if parts[5] not in experiments[name]:
                return self.answer({}, 14, f"{parts[5]} has no role.", cookie=True)
            experiments[name].remove(parts[5])
        if len(parts) == 5 and self.command == "DELETE":
            del experiments[name]
            return self.answer({"status": "deleting"}, cookie=True)
        self.answer(full(name), cookie=True)

    do_GET = do_POST = do_DELETE = do_PUT = serve


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"port {server.server_address[1]}", flush=True)
sys.stdin.read()
