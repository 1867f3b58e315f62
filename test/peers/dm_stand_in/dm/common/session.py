"""How the package speaks to a service: login, cookie, arguments in DM's encoding, exceptions by status code. Plain HTTP is for the simulated service."""

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections import UserDict

import dm
from dm.common.exceptions import dmException

PORTS = {"DS": 22237, "DAQ": 33336, "PROC": 55536, "APS_DB": 11337}


class DmObject(UserDict):
    """What the services answer with: behaves as a dictionary, and is none."""


def encoded(text):
    return str(base64.b64encode(base64.encodebytes(text.encode("utf-8"))))


def path(*parts):
    return "/dm/" + "/".join(urllib.parse.quote(str(part), safe="'=") for part in parts)


def query(**arguments):
    given = {name: value for name, value in arguments.items() if value is not None}
    return "?" + urllib.parse.urlencode(given) if given else ""


def wrapped(answer):
    if isinstance(answer, list):
        return [wrapped(one) for one in answer]
    return DmObject(answer) if isinstance(answer, dict) else answer


class WebService:
    """One API object: a URL and a session. With DM_STAND_IN_LOGINS=once it logs in and reads its login file no second time."""

    service = ""

    def __init__(self, username=None, password=None, url=None):
        default = "https://127.0.0.1:%d" % PORTS[self.service]
        self.url = url or os.environ.get("DM_%s_WEB_SERVICE_URL" % self.service, default)
        self.login = (username, password) if username else None
        self.cookie = None

    def station(self, name=None):
        return name or os.environ["DM_STATION_NAME"]

    def _log_in(self):
        if self.login is None:
            with open(os.environ["DM_LOGIN_FILE"]) as file:
                self.login = tuple(file.readline().strip().split("|", 1))
        body = urllib.parse.urlencode({"username": self.login[0], "password": self.login[1]}).encode()
        self._checked(self._sent("POST", "/dm/login", body))

    def _sent(self, method, target, body=b""):
        headers = {"Content-Type": "application/x-www-form-urlencoded" if body else "html"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        request = urllib.request.Request(self.url + target, body if method != "GET" else None, headers, method=method)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        except OSError as error:
            raise dm.CommunicationError(str(error)) from error
        with answer:
            self.cookie = answer.headers.get("Set-Cookie", self.cookie)
            return answer.getcode(), answer.headers, answer.read().decode("utf-8")

    def _checked(self, answer):
        status, headers, text = answer
        code = int(headers.get("Dm-Status-Code", "0" if status < 300 else "6" if status == 401 else "3"))
        if code != 0:
            known = [one for one in dmException.DmException.__subclasses__() if one.code == code]
            raise (known or [dmException.DmException])[0](headers.get("Dm-Status-Message", "Internal Error"), code)
        return wrapped(json.loads(text or "null"))

    def call(self, method, target):
        if self.cookie is None:
            self._log_in()
        answer = self._sent(method, target)
        try:
            return self._checked(answer)
        except (dm.InvalidSession, dm.AuthenticationError):
            if os.environ.get("DM_STAND_IN_LOGINS") == "once":
                raise
            self.cookie = None
            self._log_in()
            return self._checked(self._sent(method, target))
