"""Drives a Globus Flows with Globus' own Python SDK and prints what came back as one line of JSON.

Where the services are, the SDK reads from GLOBUS_SDK_SERVICE_URL_AUTH and GLOBUS_SDK_SERVICE_URL_FLOWS. The one argument is JSON:
{"client_id", "secret", "person", "subscription", "source", "destination", "source_file"}.
"""

import json
import sys
import time

import globus_sdk

given = json.loads(sys.argv[1])
answers = {}
NOBODY = "00000000-0000-4000-8000-000000000000"
ME = "urn:globus:auth:identity:" + given["client_id"]
YOU = "urn:globus:auth:identity:" + given["person"]
SEND = {"StartAt": "Send", "States": {"Send": {
    "Type": "Action", "ActionUrl": "https://transfer.actions.globus.org/transfer", "WaitTime": 600, "ResultPath": "$.Sent", "End": True,
    "Parameters": {"source_endpoint.$": "$.source.id", "destination_endpoint.$": "$.destination.id",
                   "DATA": [{"source_path.$": "$.source.path", "destination_path.$": "$.destination.path"}]}}}}
ASK = {"StartAt": "Ask", "States": {
    "Ask": {"Type": "CreateWebInput", "ResultPath": "$.asked", "Next": "Await", "Parameters": {
        "InputType": "Selection", "Context": {"PresentationStyle": "Text", "Title": "Delete it?", "Text": "It is old."},
        "Options": [{"Value": "yes", "Label": "Delete", "Description": "Delete it."}], "RespondentUrns": [ME], "ViewerUrns": [YOU]}},
    "Await": {"Type": "AwaitWebInput", "Parameters": {"web_input_id.$": "$.asked.web_input_id"}, "ResultPath": "$.answer", "End": True}}}
SCHEMA = {"type": "object", "required": ["source", "destination"], "properties": {"bool": {"type": "boolean"}}}
INPUT = {"source": {"id": given["source"], "path": given["source_file"]}, "destination": {"id": given["destination"], "path": "/sent.h5"}}


def keep(name, call):
    """Records an answer, or a failure as the SDK understands it, and gives the answer back."""
    try:
        response = call()
    except globus_sdk.GlobusAPIError as error:
        answers[name] = {"error": type(error).__name__, "status": error.http_status, "code": error.code, "messages": error.messages,
                         "json": error.raw_json}
        return None
    answers[name] = {"status": response.http_status, "json": response.data}
    return response


def token(scope):
    client = globus_sdk.ConfidentialAppAuthClient(given["client_id"], given["secret"])
    tokens = client.oauth2_client_credentials_tokens(requested_scopes=scope)
    return globus_sdk.AccessTokenAuthorizer(next(iter(tokens.by_resource_server.values()))["access_token"])


def specific(flow_id):
    return globus_sdk.SpecificFlowClient(flow_id, authorizer=token(globus_sdk.scopes.SpecificFlowScopes(flow_id).user))


def until(what):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError


def settled(flows, run_id):
    until(lambda: flows.get_run(run_id)["status"] != "ACTIVE")


def definitions(flows):
    made = keep("create", lambda: flows.create_flow(
        "Send", SEND, SCHEMA, subtitle="To the archive", description="One file", keywords=["scan"], flow_viewers=["public", YOU],
        flow_starters=["all_authenticated_users", YOU], flow_administrators=[YOU], run_managers=[YOU], run_monitors=[YOU],
        subscription_id=given["subscription"]))
    keep("bad_principal", lambda: flows.create_flow("Send", SEND, SCHEMA, flow_administrators=["marie", "pierre"]))
    keep("validate", lambda: flows.validate_flow(SEND))
    endless = {**SEND, "States": {"Send": {key: value for key, value in SEND["States"]["Send"].items() if key != "End"}}}
    keep("validate_bad", lambda: flows.validate_flow(endless))
    keep("get", lambda: flows.get_flow(made["id"]))
    keep("update", lambda: flows.update_flow(made["id"], subtitle="Elsewhere", subscription_id="DEFAULT", flow_owner=ME))
    for number in range(3):
        flows.create_flow(f"Other {number}", SEND, SCHEMA, subscription_id=given["subscription"])
    keep("list", lambda: flows.list_flows(filter_fulltext="elsewhere", orderby=("title ASC", "updated_at DESC")))
    pages = flows.paginated.list_flows(orderby="title DESC", query_params={"per_page": 2}).pages()
    answers["titles"] = [[flow["title"] for flow in page] for page in pages]
    keep("missing", lambda: flows.get_flow(NOBODY))
    return made["id"]


def runs(flows, flow_id):
    own = specific(flow_id)
    keep("validate_run", lambda: own.validate_run(INPUT, label="scan 1"))
    keep("validate_run_bad", lambda: own.validate_run({**INPUT, "bool": "not-a-boolean"}))
    stranger = globus_sdk.SpecificFlowClient(flow_id, authorizer=globus_sdk.AccessTokenAuthorizer("nonsense"))
    keep("validate_run_unauthorized", lambda: stranger.validate_run(INPUT))
    wrong = globus_sdk.SpecificFlowClient(flow_id, authorizer=flows.authorizer)
    keep("run_missing_scope", lambda: wrong.run_flow(INPUT))
    started = keep("run", lambda: own.run_flow(
        INPUT, label="scan 1", tags=["one", "two"], run_monitors=[YOU], run_managers=[YOU],
        activity_notification_policy=globus_sdk.RunActivityNotificationPolicy(status=["INACTIVE"])))
    run_id = started["run_id"]
    keep("resume", lambda: own.resume_run(run_id))
    keep("release_early", lambda: flows.delete_run(run_id))
    settled(flows, run_id)
    keep("get_run", lambda: flows.get_run(run_id))
    keep("get_run_with_flow", lambda: flows.get_run(run_id, include_flow_description=True))
    keep("logs", lambda: flows.get_run_logs(run_id))
    entries = flows.paginated.get_run_logs(run_id, limit=2).items()
    answers["codes"] = [entry["code"] for entry in entries]
    keep("run_definition", lambda: flows.get_run_definition(run_id))
    keep("update_run", lambda: flows.update_run(run_id, label="scan 2", tags=["three"], run_monitors=[YOU], run_managers=[YOU]))
    canceled = own.run_flow({**INPUT, "source": {"id": given["source"], "path": "/none"}}, label="lost", run_managers=[YOU], run_monitors=[YOU])
    keep("cancel", lambda: flows.cancel_run(canceled["run_id"]))
    keep("list_runs", lambda: flows.list_runs(filter_flow_id=flow_id, filter_roles="run_owner", query_params={"filter_status": "SUCCEEDED"}))
    answers["labels"] = [run["label"] for run in flows.paginated.list_runs(query_params={"per_page": 1}).items()]
    keep("release", lambda: flows.delete_run(run_id))


def questions(flows):
    flow_id = flows.create_flow("Ask", ASK, {}, subscription_id=given["subscription"])["id"]
    run_id = specific(flow_id).run_flow({}, label="ask")["run_id"]
    question = until(lambda: flows.get_run(run_id)["blocking_web_input_id"])
    keep("web_input", lambda: flows.get_web_input(question))
    keep("web_inputs", lambda: flows.list_web_inputs(filter_states="open", filter_run_ids=run_id, orderby="created_timestamp DESC"))
    keep("respond_invalid", lambda: flows.respond_to_web_input(question, "not-a-real-option"))
    option = flows.get_web_input(question)["options"][0]["option_id"]
    keep("respond", lambda: flows.respond_to_web_input(question, option))
    keep("respond_twice", lambda: flows.respond_to_web_input(question, option))
    keep("web_input_closed", lambda: flows.get_web_input(question))
    keep("web_input_missing", lambda: flows.get_web_input(NOBODY))
    settled(flows, run_id)
    answers["answered"] = flows.get_run(run_id)["details"]["output"]["answer"]["response"]
    return flow_id


flows = globus_sdk.FlowsClient(authorizer=token(globus_sdk.scopes.FlowsScopes.all))
flow = definitions(flows)
runs(flows, flow)
asked = questions(flows)
keep("delete", lambda: flows.delete_flow(asked))
print(json.dumps(answers))
