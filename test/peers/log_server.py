"""A log server: prints each line that it takes, as it reads it, as one line of JSON.

    log_server.py [PORT]                prints "port N" when it listens on 127.0.0.1 (0, the default: any port)

A line of a put log is {"form": "text" or "json", "prefix", "date", "time", "host", "user", "pv", "new", "old"}, with "min", "max", "burst", "new-size",
"old-size" and other properties where the line has them; any other line is {"form": "line", "text"}, and one that begins as a put log does and breaks its
form {"form": "wrong", "why", "text"}.

Standard library only. Both forms are read as caPutLog's documentation (docs/index.rst) and channel-access.md section 6.4 describe them.
"""
import json
import re
import socketserver
import sys

VALUE = r'"(?:[^"\\]|\\.)*"|[-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|inf|nan)'
TEXT = re.compile(
    r"(?P<prefix>.*?)(?P<date>\d\d-[A-Z][a-z]{2}-\d\d) (?P<time>\d\d:\d\d:\d\d) (?P<host>\S+) (?P<user>\S+) (?P<pv>\S+)"
    rf" new=(?P<new>{VALUE}) old=(?P<old>{VALUE})(?: min=(?P<min>{VALUE}) max=(?P<max>{VALUE}))?(?: burst=(?P<burst>\d+))?"
)
ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
WANTED = ["date", "time", "host", "user", "pv", "new", "old"]
ORDER = ["date", "time", "host", "user", "pv", "new", "new-size", "old", "old-size", "min", "max", "burst"]


def value_of(text):
    """A number, or a text whose C escapes stand for bytes."""
    if not text.startswith('"'):
        return text if text.lstrip("+-") in ("inf", "nan") else float(text)
    return re.sub(
        r"\\(x[0-9a-f]{2}|.)",
        lambda match: chr(int(match[1][1:], 16)) if len(match[1]) == 3 else ESCAPES.get(match[1], match[1]),
        text[1:-1],
    )


def read_text(text):
    match = TEXT.fullmatch(text)
    if match is None:
        raise ValueError("it is no line of the text form")
    read = {"form": "text", **{name: one for name, one in match.groupdict().items() if one is not None}}
    return {**read, **{name: value_of(read[name]) for name in ("new", "old", "min", "max") if name in read}}


def read_json(text):
    prefix, brace, rest = text.partition("{")
    pairs = json.loads(brace + rest, object_pairs_hook=lambda pairs: pairs, parse_constant=lambda name: 1 / 0)
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names) or not set(WANTED) <= set(names):
        raise ValueError("a property is missing, or there twice")
    own = [name for name in names if name in ORDER]
    if own != sorted(own, key=ORDER.index):
        raise ValueError("the properties are in another order")
    read = dict(pairs)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", read["date"]) or not re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}", read["time"]):
        raise ValueError("the date or the time has another form")
    for name in ("new", "old"):
        if isinstance(read[name], list) != (f"{name}-size" in read):
            raise ValueError("an array has a size, and nothing else has")
    return {"form": "json", "prefix": prefix, **read}


def read_line(line):
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return {"form": "wrong", "why": str(error), "text": line.decode("latin-1")}
    try:
        if re.search(r'\{"date":', text):
            return read_json(text)
        if " new=" in text:
            return read_text(text)
    except (ValueError, ZeroDivisionError) as error:
        return {"form": "wrong", "why": str(error), "text": text}
    return {"form": "line", "text": text}


class Client(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            if not line.endswith(b"\n"):
                return  # the client died in the middle of it
            print(json.dumps(read_line(line[:-1])), flush=True)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    with Server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Client) as server:
        print(f"port {server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
