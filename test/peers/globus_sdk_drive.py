"""Drives a Globus Auth and Transfer with Globus' own Python SDK and prints what came back as one line of JSON.

Where the services are, the SDK reads from GLOBUS_SDK_SERVICE_URL_AUTH and GLOBUS_SDK_SERVICE_URL_TRANSFER. The one argument is JSON:
{"client_id", "secret", "native_client_id", "username", "source", "destination", "source_file", "top"}.
"""

import json
import sys
import time
import urllib.parse

import globus_sdk
import requests

TRANSFER_SCOPE = "urn:globus:auth:scope:transfer.api.globus.org:all"
IDENTITIES_SCOPE = "urn:globus:auth:scope:auth.globus.org:view_identities"
given = json.loads(sys.argv[1])
answers = {}


def keep(name, call):
    """Records an answer, or a failure as the SDK understands it, and gives the answer back."""
    try:
        response = call()
    except globus_sdk.GlobusAPIError as error:
        answers[name] = {"error": type(error).__name__, "status": error.http_status, "code": error.code,
                         "message": error.message, "request_id": getattr(error, "request_id", None), "json": error.raw_json}
        return None
    answers[name] = {"status": response.http_status, "json": response.data}
    return response


def code_of(flow_url, redirect):
    """What the browser of a person who consents would carry back."""
    answer = requests.get(flow_url, allow_redirects=False, timeout=10)
    target = answer.headers["location"]
    assert urllib.parse.urlparse(target).path == urllib.parse.urlparse(redirect).path, target
    return urllib.parse.parse_qs(urllib.parse.urlparse(target).query)["code"][0]


def account():
    client = globus_sdk.ConfidentialAppAuthClient(given["client_id"], given["secret"])
    tokens = keep("client_credentials", lambda: client.oauth2_client_credentials_tokens(
        requested_scopes=[TRANSFER_SCOPE, IDENTITIES_SCOPE]))
    answers["by_resource_server"] = sorted(tokens.by_resource_server)
    keep("one_token", lambda: client.oauth2_client_credentials_tokens(requested_scopes=TRANSFER_SCOPE))
    wrong = globus_sdk.ConfidentialAppAuthClient(given["client_id"], "wrong")
    keep("wrong_secret", lambda: wrong.oauth2_client_credentials_tokens(requested_scopes=TRANSFER_SCOPE))
    return {server: token["access_token"] for server, token in tokens.by_resource_server.items()}


def person():
    client = globus_sdk.NativeAppAuthClient(given["native_client_id"])
    redirect = "https://auth.globus.org/v2/web/auth-code"
    client.oauth2_start_flow(requested_scopes=TRANSFER_SCOPE, redirect_uri=redirect, refresh_tokens=True)
    code = code_of(client.oauth2_get_authorize_url(), redirect)
    tokens = keep("authorization_code", lambda: client.oauth2_exchange_code_for_tokens(code))
    keep("code_used_twice", lambda: client.oauth2_exchange_code_for_tokens(code))
    refresh = tokens.by_resource_server["transfer.api.globus.org"]["refresh_token"]
    keep("refresh_token", lambda: client.oauth2_refresh_token(refresh))
    keep("wrong_refresh_token", lambda: client.oauth2_refresh_token("nonsense"))


def identities(token):
    client = globus_sdk.AuthClient(authorizer=globus_sdk.AccessTokenAuthorizer(token))
    keep("identity", lambda: client.get_identities(usernames=given["username"]))
    keep("identity_unknown", lambda: client.get_identities(usernames="nobody@nowhere.example"))
    made = keep("identity_provisioned", lambda: client.get_identities(usernames="new@nowhere.example", provision=True))
    known = client.get_identities(usernames=given["username"])
    ids = [answer["identities"][0]["id"] for answer in (known, made)]
    listed = keep("identities_by_id", lambda: client.get_identities(ids=ids))
    answers["names_by_id"] = [identity["username"] for identity in listed]
    stranger = globus_sdk.AuthClient(authorizer=globus_sdk.AccessTokenAuthorizer("nonsense"))
    keep("identity_unauthorized", lambda: stranger.get_identities(usernames=given["username"]))


def files(client):
    source, top = given["source"], given["top"]
    keep("mkdir", lambda: client.operation_mkdir(source, f"{top}/made"))
    keep("mkdir_exists", lambda: client.operation_mkdir(source, f"{top}/made"))
    keep("mkdir_no_parent", lambda: client.operation_mkdir(source, f"{top}/none/below"))
    keep("stat", lambda: client.operation_stat(source, given["source_file"]))
    keep("stat_missing", lambda: client.operation_stat(source, f"{top}/none"))
    keep("stat_denied", lambda: client.operation_stat(source, "/denied/file"))
    keep("rename", lambda: client.operation_rename(source, f"{top}/made", f"{top}/renamed"))
    keep("rename_missing", lambda: client.operation_rename(source, f"{top}/none", f"{top}/other"))
    client.operation_rename(source, f"{top}/renamed", f"{top}/made")
    listed = keep("ls", lambda: client.operation_ls(source, path=top))
    answers["names"] = [entry["name"] for entry in listed]
    keep("unknown_collection", lambda: client.operation_ls("00000000-0000-4000-8000-000000000000"))


def tasks(client):
    def document(path, submission_id=None):
        data = globus_sdk.TransferData(given["source"], given["destination"], label="scan 1", **(
            {} if submission_id is None else {"submission_id": submission_id}))
        if path is not None:
            data.add_item(path, f"{given['top']}/copy.h5")
        return data

    submission = keep("submission_id", client.get_submission_id)["value"]
    accepted = keep("submit", lambda: client.submit_transfer(document(given["source_file"], submission)))
    keep("duplicate", lambda: client.submit_transfer(document(given["source_file"], submission)))
    keep("conflict", lambda: client.submit_transfer(document(given["source_file"])))
    keep("no_items", lambda: client.submit_transfer(document(None)))
    answers["waited"] = client.task_wait(accepted["task_id"], timeout=20, polling_interval=1)
    keep("task", lambda: client.get_task(accepted["task_id"]))
    answers["arrived"] = client.operation_stat(given["destination"], f"{given['top']}/copy.h5")["size"]
    keep("successful_transfers", lambda: client.task_successful_transfers(accepted["task_id"]))
    lost = client.submit_transfer(document(f"{given['top']}/none"))
    time.sleep(1.1)
    keep("lost_task", lambda: client.get_task(lost["task_id"]))
    events = list(client.task_event_list(lost["task_id"]))
    answers["lost_events"] = [event["code"] for event in events]
    answers["lost_event"] = events[0]
    keep("update", lambda: client.update_task(lost["task_id"], {"label": "lost scan"}))
    keep("pause_info", lambda: client.task_pause_info(lost["task_id"]))
    keep("not_complete", lambda: client.task_successful_transfers(lost["task_id"]))
    keep("cancel", lambda: client.cancel_task(lost["task_id"]))
    keep("canceled_task", lambda: client.get_task(lost["task_id"]))
    keep("task_list", lambda: client.task_list(filter={"status": "SUCCEEDED"}))
    keep("task_missing", lambda: client.get_task("00000000-0000-4000-8000-000000000000"))


def more_tasks(client):
    skipping = globus_sdk.TransferData(given["source"], given["destination"], skip_source_errors=True)
    skipping.add_item(f"{given['top']}/none", f"{given['top']}/none")
    skipped = client.submit_transfer(skipping)["task_id"]
    client.task_wait(skipped, timeout=20, polling_interval=1)
    keep("skipped_errors", lambda: client.task_skipped_errors(skipped))
    erasing = globus_sdk.DeleteData(given["destination"], recursive=True)
    keep("no_delete_items", lambda: client.submit_delete(erasing))
    erasing.add_item(f"{given['top']}/copy.h5")
    deleted = keep("delete", lambda: client.submit_delete(erasing))["task_id"]
    answers["deleted"] = client.task_wait(deleted, timeout=20, polling_interval=1)
    keep("delete_task", lambda: client.get_task(deleted))
    found = keep("endpoint_search", lambda: client.endpoint_search("arch"))
    answers["found"] = [endpoint["id"] for endpoint in found]


def access(client):
    rule = {"DATA_TYPE": "access", "principal_type": "identity", "principal": given["client_id"],
            "path": f"{given['top']}/", "permissions": "r"}
    keep("access", lambda: client.add_endpoint_acl_rule(given["destination"], rule))
    keep("access_exists", lambda: client.add_endpoint_acl_rule(given["destination"], rule))
    listed = keep("access_list", lambda: client.endpoint_acl_list(given["destination"]))
    answers["rules"] = [entry["path"] for entry in listed]
    rule_id = listed["DATA"][0]["id"]
    keep("collection", lambda: client.get_endpoint(given["destination"]))
    keep("access_update", lambda: client.update_endpoint_acl_rule(given["destination"], rule_id, {"permissions": "rw"}))
    keep("access_rule", lambda: client.get_endpoint_acl_rule(given["destination"], rule_id))
    keep("access_delete", lambda: client.delete_endpoint_acl_rule(given["destination"], rule_id))
    keep("access_deleted", lambda: client.delete_endpoint_acl_rule(given["destination"], rule_id))
    answers["rules_left"] = len(client.endpoint_acl_list(given["destination"])["DATA"])


tokens = account()
person()
identities(tokens["auth.globus.org"])
transfer = globus_sdk.TransferClient(authorizer=globus_sdk.AccessTokenAuthorizer(tokens["transfer.api.globus.org"]))
files(transfer)
tasks(transfer)
more_tasks(transfer)
access(transfer)
nobody = globus_sdk.TransferClient(authorizer=globus_sdk.AccessTokenAuthorizer("nonsense"))
keep("transfer_unauthorized", lambda: nobody.operation_ls(given["source"]))
print(json.dumps(answers))
