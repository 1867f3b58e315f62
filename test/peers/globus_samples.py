"""Prints the published sample answers of the Globus services as one line of JSON: {"transfer.operation_mkdir": {"default": {"status": …, "json": …}}}.

Arguments: the names of the sets, as "transfer.operation_mkdir". Source: globus_sdk.testing, which the Globus SDK publishes for its users' tests.
"""

import json
import sys

from globus_sdk.testing import get_response_set


def first(sample):
    """The only answer of a case; the first where it has several, as pages."""
    return sample.responses[0] if hasattr(sample, "responses") else sample


def samples(name):
    responses = get_response_set(name)
    answers = {case: first(responses.lookup(case)) for case in responses.cases()}
    return {case: {"status": answer.status, "json": answer.json} for case, answer in answers.items()}


print(json.dumps({name: samples(name) for name in sys.argv[1:]}))
