"""Drives a Globus Compute with Globus' own Python SDK, and runs what it has as an end point would; prints one line of JSON.

The one argument is JSON: {"url", "token", "endpoint", "function", "arguments", "forms"}; `function` is the id of one that is registered already,
whose registered text is run here with `arguments`, packed as a submission has them; `forms` is how an end point is to write results.
"""

import json
import sys
import time

import globus_sdk
from globus_compute_sdk.sdk import client as sdk_client
from globus_compute_sdk.serialize import ComputeSerializer, JSONData

given = json.loads(sys.argv[1])
sdk_client.get_web_service_url = lambda environment=None: given["url"]
serde = ComputeSerializer(strategy_data=JSONData())


def as_endpoint(code, packed):
    """What a worker of an end point does: function, arguments and keyword arguments are unpacked, and the function is called."""
    [function] = serde.unpack_buffers(code)
    run, args, kwargs = serde.unpack_and_deserialize(serde.pack_buffers([function]) + packed)
    return run(*args, **kwargs)


def double(x):
    return 2 * x


def result_of(gcc, task):
    """The result, once there is one; the text of the exception where the task has failed."""
    for _ in range(100):
        try:
            return {"result": gcc.get_result(task)}
        except sdk_client.TaskPending:
            time.sleep(0.1)
        except sdk_client.TaskExecutionFailed as failed:
            return {"exception": str(failed.remote_data).strip().splitlines()[-1]}
    raise TimeoutError(task)


gcc = sdk_client.Client(
    authorizer=globus_sdk.AccessTokenAuthorizer(given["token"]),
    data_serialization_strategy=JSONData(),
)
ours = gcc.get_function(given["function"])
answers = {
    "ran": as_endpoint(ours["function_code"], given["arguments"]),
    "name": ours["function_name"],
    "endpoint": gcc.get_endpoint_status(given["endpoint"])["status"],
    "metadata": gcc.get_endpoint_metadata(given["endpoint"])["uuid"],
}
registered = gcc.register_function(double)
task = gcc.run(21, endpoint_id=given["endpoint"], function_id=registered)
answers["theirs"] = result_of(gcc, task)
answers["oursByThem"] = result_of(gcc, gcc.run("/a.h5", endpoint_id=given["endpoint"], function_id=given["function"]))
failing = gcc.register_source_code("def fails():\n    raise ValueError('no projections')\n", "fails")
answers["failing"] = result_of(gcc, gcc.run(endpoint_id=given["endpoint"], function_id=failing))
answers["forms"] = [serde.serialize_from_list(value, given["forms"])[:3] for value in ({"slices": 12}, {1, 2})]
try:
    gcc.get_endpoint_status("10000000-0000-4000-8000-000000000001")
except globus_sdk.GlobusAPIError as error:
    answers["missing"] = [error.http_status, error.code]
print(json.dumps(answers))
