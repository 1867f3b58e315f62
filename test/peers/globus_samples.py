"""Prints the published sample answers of the Globus services as one line of JSON: {"transfer.operation_mkdir": {"default": {"status": …, "json": …}}}.

Arguments: the SDK's method names, as "transfer.operation_mkdir". Source: globus_sdk.testing, which the Globus SDK publishes for its users' tests.
"""

import importlib
import json
import sys

from globus_sdk.testing import get_response_set

# The set's name where the file of samples is named otherwise than the method.
CLIENTS = {"auth": "auth", "transfer": "transfer"}


def samples(name):
    service, method = name.split(".")
    responses = get_response_set(f"{CLIENTS[service]}.{method}")
    return {
        case: {"status": responses.lookup(case).status, "json": responses.lookup(case).json}
        for case in responses.cases()
    }


print(json.dumps({name: samples(name) for name in sys.argv[1:]}))
