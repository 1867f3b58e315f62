"""The bridge to the site's own `dm` package: one JSON object a line on standard input, one on standard output.

{"id": 1, "method": "getUserByUsername", "args": {"username": "d1"}}  ->  {"id": 1, "result": ...} or {"id": 1, "error": {"type", "message", "code"}}
The first line says that the package is there, or why not. One request at a time; it ends when its input does, in the middle of a call too. Whatever the package prints goes to
standard error, and its questions find no answer. Logins come from the environment (DM_LOGIN_FILE) alone. Python 3.6 and newer, standard library only.
"""

import json
import math
import os
import queue
import sys
import threading

#: operation: (service, API class, method, arguments in order, arguments by name). One with a `?` may be left out; in order it is then empty. One with a `~`
#: only narrows a list: it is left out where the method does not take it.
#: Operations and arguments are named as in routes.ts; classes, methods and their order as public programs use them (data-management.md §6).
METHODS = {
    "getExperimentByName": ("ds", "ExperimentDsApi", "getExperimentByName", "experimentName", ""),
    "getExperimentById": ("ds", "ExperimentDsApi", "getExperimentById", "id", ""),
    "getExperimentsByStation": ("ds", "ExperimentDsApi", "getExperimentsByStation", "", "stationName"),
    "addExperiment": (
        "ds", "ExperimentDsApi", "addExperiment", "experimentName", "typeName description? rootPath? startDate? endDate?",
    ),
    "upsertExperimentMetadata": ("ds", "ExperimentDsApi", "upsertExperimentMetadata", "key value? experimentName", ""),
    "deleteExperimentByName": ("ds", "ExperimentDsApi", "deleteExperimentByName", "experimentName", ""),
    "getUsers": ("ds", "UserDsApi", "getUsers", "", ""),
    "getUserByUsername": ("ds", "UserDsApi", "getUserByUsername", "username", ""),
    "addUserExperimentRole": ("ds", "UserDsApi", "addUserExperimentRole", "username roleName experimentName", ""),
    "deleteUserExperimentRole": ("ds", "UserDsApi", "deleteUserExperimentRole", "username roleName experimentName", ""),
    "startDaq": ("daq", "ExperimentDaqApi", "startDaq", "experimentName dataDirectory taskInfo", ""),
    "stopDaq": ("daq", "ExperimentDaqApi", "stopDaq", "experimentName dataDirectory", ""),
    "listDaqs": ("daq", "ExperimentDaqApi", "listDaqs", "", ""),
    "getDaqInfo": ("daq", "ExperimentDaqApi", "getDaqInfo", "id", ""),
    "upload": ("daq", "ExperimentDaqApi", "upload", "experimentName dataDirectory taskInfo", ""),
    "listUploads": ("daq", "ExperimentDaqApi", "listUploads", "", ""),
    "getUploadInfo": ("daq", "ExperimentDaqApi", "getUploadInfo", "id", ""),
    "stopUpload": ("daq", "ExperimentDaqApi", "stopUpload", "id", ""),
    "listStationEsafs": ("apsDb", "EsafApsDbApi", "listStationEsafs", "stationName", "beamlineName? year"),
    "listWorkflows": ("proc", "WorkflowProcApi", "listWorkflows", "owner", "queryDict~"),
    "getWorkflow": ("proc", "WorkflowProcApi", "getWorkflowByName", "owner name", ""),
    "addWorkflow": ("proc", "WorkflowProcApi", "addWorkflow", "spec", ""),
    "updateWorkflow": ("proc", "WorkflowProcApi", "updateWorkflow", "spec", ""),
    "listProcessingJobs": ("proc", "WorkflowProcApi", "listProcessingJobs", "owner", "queryDict~ skip~ limit~ keyList~"),
    "getProcessingJob": ("proc", "WorkflowProcApi", "getProcessingJobById", "owner id", ""),
    "startProcessingJob": ("proc", "WorkflowProcApi", "startProcessingJob", "owner workflow argsDict", ""),
    "stopProcessingJob": ("proc", "WorkflowProcApi", "stopProcessingJob", "owner id", ""),
    "getStationEsaf": ("apsDb", "EsafApsDbApi", "getStationEsafById", "stationName esafId", ""),
}


class MissingMethod(Exception):
    """The site's package has no such class or method; nothing was called."""


#: Arguments that travel as JSON, and that the package itself makes JSON of.
AS_JSON = ("keyList",)
#: Classes that public programs get from a factory, and not from `dm` itself.
FACTORIES = {"WorkflowProcApi": ("ProcApiFactory", "getWorkflowProcApi")}
#: After these the package may go on with a session or a login that holds no more; a new object of its class reads the login file again.
SESSION_GONE = ("InvalidSession", "AuthenticationError")
_apis = {}


def _method(operation):
    import dm

    _, class_name, name, _, _ = METHODS[operation]
    if class_name not in _apis:
        factory, maker = FACTORIES.get(class_name, ("", ""))
        make = getattr(getattr(dm, factory, None), maker, None) or getattr(dm, class_name, None)
        if make is None:
            raise MissingMethod(class_name)
        _apis[class_name] = make()
    if not hasattr(_apis[class_name], name):
        raise MissingMethod("%s.%s" % (class_name, name))
    return getattr(_apis[class_name], name)


def _names(listed):
    return [name.rstrip("?~") for name in listed.split()]


def _by_name(listed, args, narrowing):
    """The arguments by name that are given: those that only narrow a list, or the others."""
    names = _names(" ".join(name for name in listed.split() if name.endswith("~") == narrowing))
    return {
        name: json.loads(args[name]) if name in AS_JSON and isinstance(args[name], str) else args[name]
        for name in names
        if name in args
    }


def perform(operation, args):
    """Calls the package's method; `describe` is the table itself."""
    if operation == "describe":
        return {
            name: {"service": service, "method": "%s.%s" % (api, method), "takes": (takes + " " + more).replace("~", "?").split()}
            for name, (service, api, method, takes, more) in METHODS.items()
        }
    _, class_name, _, takes, more = METHODS[operation]
    in_order = [args.get(name, "") for name in _names(takes)]
    try:
        method = _method(operation)
        named = _by_name(more, args, False)
        narrowing = _by_name(more, args, True)
        if narrowing:
            try:
                return method(*in_order, **dict(named, **narrowing))
            except Exception as thrown:
                # Of a package whose list is the whole list always.
                if "unexpected keyword" not in str(thrown):
                    raise
        return method(*in_order, **named)
    except Exception as thrown:
        if type(thrown).__name__ in SESSION_GONE:
            _apis.pop(class_name, None)
        raise


def plain(value):
    """The value as JSON has it: the package's objects are dictionaries of one kind or another."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(getattr(value, "data", None), dict):
        value = value.data
    if hasattr(value, "items"):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return str(value)


def _error(thrown):
    code = getattr(thrown, "getErrorCode", lambda: None)
    try:
        number = code()
    except Exception:
        number = None
    return {"type": type(thrown).__name__, "message": str(thrown), "code": number if isinstance(number, int) else None}


def _read_ahead(stream):
    """The lines of the stream, which a thread of its own reads: a parent that was killed leaves nothing else behind to tell a call that hangs."""
    lines = queue.Queue()

    def read():
        try:
            for line in stream:
                lines.put(line)
        finally:
            os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return iter(lines.get, None)


def _take_streams():
    """Requests and answers get descriptors of their own, so that nothing the package reads or prints can touch them."""
    requests = _read_ahead(os.fdopen(os.dup(0), "rb"))
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, answers


def serve(call=perform):
    """Answers until the input ends, and this process with it. `call` is what a request does."""
    requests, answers = _take_streams()

    def say(message):
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    try:
        import dm
    except (Exception, SystemExit) as thrown:
        say({"failed": "%s: %s" % (type(thrown).__name__, thrown)})
        return
    say({"ready": str(getattr(dm, "__version__", ""))})
    for line in requests:
        request = json.loads(line.decode("utf-8"))
        try:
            answer = {"result": plain(call(request["method"], request["args"]))}
        except (Exception, SystemExit) as thrown:
            answer = {"error": _error(thrown)}
        answer["id"] = request["id"]
        say(answer)


if __name__ == "__main__":
    serve()
