"""Talks to Data Management services as the public Python clients do and prints what it saw as JSON: {step: facts}.

    dm_client.py DS_URL DAQ_URL APS_DB_URL USERNAME STATION EXPERIMENT BADGE DIRECTORY YEAR
                                                            the password is in DM_TEST_PASSWORD

Standard library only, written from the service's published facts alone. Judges nothing: the test does.
"""
import base64
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

url, daq_url, aps_db_url, username, station, experiment, badge, directory, year = sys.argv[1:]
password = os.environ["DM_TEST_PASSWORD"]
steps = {}


def in_lines(text):
    """The usual form: base64 with line ends, then base64 without, then the repr of bytes."""
    return str(base64.b64encode(base64.encodebytes(text.encode())))


def in_one_line(text):
    """The other form that is about: no line ends inside."""
    return str(base64.b64encode(base64.b64encode(text.encode())))


def ask(step, method, path, cookie=None, form=None, service=url):
    request = urllib.request.Request(service + path, method=method)
    if cookie is not None:
        request.add_header("Cookie", cookie)
    body = None if form is None else urllib.parse.urlencode(form).encode()
    try:
        answer = urllib.request.urlopen(request, body, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    text = answer.read().decode()
    try:
        result = json.loads(text)
    except ValueError:
        result = text[:60]
    steps[step] = {
        "status": answer.status,
        "code": answer.headers.get("Dm-Status-Code"),
        "message": answer.headers.get("Dm-Status-Message"),
        "body": result,
    }
    return answer.headers.get("Set-Cookie")


def new_experiment(name, encode):
    query = {
        "experimentName": encode(name),
        "stationName": station,
        "typeName": encode("2BM"),
        "description": encode("β ≠ γ " * 20),
        "rootPath": encode("2026-03"),
        "startDate": "03-Mar-26",
        "endDate": "08-Mar-26",
    }
    # urlencode writes the apostrophes as %27.
    return "/dm/experiments/addExperiment?" + urllib.parse.urlencode(query)


by_name = "/dm/experimentsByName/" + in_lines(experiment)
ask("no session", "GET", by_name + "/" + station)
ask("wrong password", "POST", "/dm/login", form={"username": username, "password": "wrong"})
whole_cookie = ask("login", "POST", "/dm/login", form={"username": username, "password": password})
cookie = whole_cookie.split(";")[0]
ask("unknown experiment", "GET", by_name + "/" + station, cookie)
ask("add", "POST", new_experiment(experiment, in_lines), cookie)
ask("add again", "POST", new_experiment(experiment, in_lines), cookie)
ask("add in one line", "POST", new_experiment(experiment + "-b", in_one_line), cookie)
# The usual client returns the whole Set-Cookie text.
ask("found, whole cookie", "GET", by_name + "/" + station, whole_cookie)
ask("found in one line", "GET", "/dm/experimentsByName/" + in_one_line(experiment) + "/" + station, cookie)
ask("found, quotes escaped", "GET", "/dm/experimentsByName/" + urllib.parse.quote(in_lines(experiment)) + "/" + station, cookie)
ask("bad date", "POST", new_experiment(experiment + "-c", in_lines).replace("03-Mar-26", "2026-03-03"), cookie)
ask("user", "GET", "/dm/usersByUsername/d" + badge, cookie)
ask("unknown user", "GET", "/dm/usersByUsername/d1", cookie)
ask("role", "POST", by_name + "/userRoles/d" + badge + "/User", cookie)
ask("role again", "POST", by_name + "/userRoles/d" + badge + "/User", cookie)
ask("list", "GET", "/dm/experimentsByStation/" + station, cookie)
ask("no such route", "GET", "/dm/nothing", cookie)
ask("metadata", "PUT", by_name + "/metadata/emailedUsers?" + urllib.parse.urlencode({"value": in_lines("a@example.org")}), cookie)
ask("role off", "DELETE", by_name + "/userRoles/d" + badge + "/User", cookie)
ask("role off again", "DELETE", by_name + "/userRoles/d" + badge + "/User", cookie)


def on_daq(step, method, path, cookie):
    ask(step, method, path, cookie, service=daq_url)
    return steps[step]["body"]


def task(**keys):
    """The query with which the usual client sends a task: JSON with blanks, encoded, apostrophes escaped."""
    return "?" + urllib.parse.urlencode({"taskInfo": in_lines(json.dumps(keys))})


on_daq("session of another service", "GET", "/dm/daqs", cookie)
login = {"username": username, "password": password}
daq_cookie = ask("daq login", "POST", "/dm/login", form=login, service=daq_url)
start = by_name + "/startDaq/" + in_lines(directory)
on_daq("start daq", "POST", start + task(processExistingFiles=True, skipFilePathPattern="*.tmp"), daq_cookie)
on_daq("start daq without a task", "POST", start, daq_cookie)
on_daq("daqs", "GET", "/dm/daqs", daq_cookie)
on_daq("stop daq elsewhere", "POST", by_name + "/stopDaq/" + in_lines(directory + "/"), daq_cookie)
on_daq("stop daq", "POST", by_name + "/stopDaq/" + in_lines(directory), daq_cookie)
on_daq("stop daq, in one line", "POST", by_name + "/stopDaq/" + in_one_line(directory), daq_cookie)
on_daq("stop daq again", "POST", by_name + "/stopDaq/" + in_lines(directory), daq_cookie)
upload = on_daq("upload from nowhere", "POST", by_name + "/upload/" + in_lines("@pc1:/nowhere") + task(), daq_cookie)
on_daq("upload info", "GET", "/dm/uploads/" + upload["id"], daq_cookie)
on_daq("unknown upload", "GET", "/dm/uploads/1", daq_cookie)
on_daq("bad task", "POST", start + "?" + urllib.parse.urlencode({"taskInfo": in_lines("{")}), daq_cookie)

aps_cookie = ask("aps login", "POST", "/dm/login", form=login, service=aps_db_url)
ask("esafs", "GET", "/dm/esaf/stationEsafs/" + in_lines(station) + "?year=" + year, aps_cookie, service=aps_db_url)
ask("delete", "DELETE", by_name + "/" + station, cookie)
ask("deleted", "GET", by_name + "/" + station, cookie)
print(json.dumps(steps))
