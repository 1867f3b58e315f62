"""Prints the published sample answers of the Globus services as one line of JSON: {"transfer.operation_mkdir": {"default": {"status": …, "json": …}}}.

Arguments: the names of the sets, as "transfer.operation_mkdir". Source: globus_sdk.testing, which the Globus SDK publishes for its users' tests.
"""

import json
import sys

from globus_sdk.testing import get_response_set


def samples(name):
    responses = get_response_set(name)
    return {
        case: {"status": responses.lookup(case).status, "json": responses.lookup(case).json}
        for case in responses.cases()
    }


print(json.dumps({name: samples(name) for name in sys.argv[1:]}))
