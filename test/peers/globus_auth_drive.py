"""Drives a Globus Auth with Globus' own Python SDK and prints what came back as one line of JSON.

Where the services are, the SDK reads from GLOBUS_SDK_SERVICE_URL_AUTH and its like. The one argument is JSON:
{"client_id", "secret", "native_client_id", "template_id", "identity", "mapped", "guest", "flow"}.
"""

import json
import re
import sys

import globus_sdk
import requests
from globus_sdk.gare import to_gare
from globus_sdk.login_flows import CommandLineLoginFlowManager
from globus_sdk.scopes import AuthScopes, GCSCollectionScopes, TransferScopes
from globus_sdk.token_storage import MemoryTokenStorage

given = json.loads(sys.argv[1])
answers = {}


def keep(name, call):
    """Records an answer, or a failure as the SDK understands it, and gives the answer back."""
    try:
        response = call()
    except globus_sdk.GlobusAPIError as error:
        answers[name] = {"error": type(error).__name__, "status": error.http_status, "code": error.code,
                         "message": error.message, "json": error.raw_json}
        return None
    answers[name] = {"status": response.http_status, "json": response.data}
    return response


def code_of(url):
    """What a person reads in the browser, and would type."""
    page = requests.get(url, timeout=10)
    assert page.status_code == 200, page.text
    return re.search(r'<textarea id="auth-code"[^>]*>([^<]+)<', page.text)[1]


def bearer(kind, token):
    return kind(authorizer=globus_sdk.AccessTokenAuthorizer(token))


def native_login():
    client = globus_sdk.NativeAppAuthClient(given["native_client_id"])
    scopes = [AuthScopes.openid, AuthScopes.profile, AuthScopes.email, AuthScopes.view_identity_set, TransferScopes.all]
    client.oauth2_start_flow(requested_scopes=scopes, refresh_tokens=True)
    code = code_of(client.oauth2_get_authorize_url(prompt="login", query_params={"nonce": "once"}))
    tokens = client.oauth2_exchange_code_for_tokens(code)
    answers["resource_servers"] = sorted(tokens.by_resource_server)
    # Signature, audience and expiry are checked by the SDK.
    answers["id_token"] = tokens.decode_id_token()
    answers["issuer"] = client.get_openid_configuration()["issuer"]
    token = tokens.by_resource_server["auth.globus.org"]["access_token"]
    auth = bearer(globus_sdk.AuthClient, token)
    keep("userinfo", auth.userinfo)
    keep("userinfo_unauthorized", bearer(globus_sdk.AuthClient, "nonsense").userinfo)
    return client, tokens, auth


def consents(auth):
    forest = keep("consents", lambda: auth.get_consents(given["identity"])).to_forest()
    data_access = TransferScopes.all.with_dependency(GCSCollectionScopes(given["mapped"]).data_access)
    answers["meets"] = [forest.meets_scope_requirements(scope) for scope in (TransferScopes.all, data_access)]
    keep("all_consents", lambda: auth.get_consents(given["identity"], all=True))
    keep("foreign_consents", lambda: auth.get_consents(given["client_id"]))


class AtTheBrowser(CommandLineLoginFlowManager):
    """The SDK's own login at a terminal, with somebody who opens the URL and types the code."""

    def print_authorize_url(self, authorize_url):
        self.url = authorize_url

    def prompt_for_code(self):
        return code_of(self.url)


def user_app():
    config = globus_sdk.GlobusAppConfig(
        login_flow_manager=AtTheBrowser, token_storage=MemoryTokenStorage(), request_refresh_tokens=True)
    with globus_sdk.UserApp("beamline", client_id=given["native_client_id"], config=config) as app:
        client = globus_sdk.TransferClient(app=app)
        try:
            client.operation_ls(given["mapped"], path="/")
        except globus_sdk.TransferAPIError as error:
            answers["gare"] = to_gare(error).to_dict()
        client.add_app_data_access_scope(given["mapped"])
        # The app sees by the consents that it must ask anew, and asks.
        answers["listed"] = [entry["name"] for entry in client.operation_ls(given["mapped"], path="/")]
        app.logout()
        answers["login_required"] = app.login_required()


def account():
    client = globus_sdk.ConfidentialAppAuthClient(given["client_id"], given["secret"])
    keep("openid", lambda: client.oauth2_client_credentials_tokens(requested_scopes=[AuthScopes.openid]))
    tokens = client.oauth2_client_credentials_tokens(requested_scopes=[TransferScopes.all, AuthScopes.view_identity_set])
    auth = bearer(globus_sdk.AuthClient, tokens.by_resource_server["auth.globus.org"]["access_token"])
    keep("userinfo_forbidden", auth.userinfo)
    asked = TransferScopes.all.with_dependency(GCSCollectionScopes(given["guest"]).data_access)
    keep("unknown_scope", lambda: client.oauth2_client_credentials_tokens(requested_scopes=[asked]))
    with globus_sdk.ClientApp("service", client_id=given["client_id"], client_secret=given["secret"]) as app:
        transfer = globus_sdk.TransferClient(app=app).add_app_data_access_scope(given["mapped"])
        answers["listed_by_account"] = [entry["name"] for entry in transfer.operation_ls(given["mapped"], path="/")]
    return client


def tokens_end(client, native, tokens):
    held = tokens.by_resource_server
    auth, transfer = held["auth.globus.org"], held["transfer.api.globus.org"]
    introspect = client.oauth2_token_introspect
    keep("introspect", lambda: introspect(auth["access_token"]))
    keep("introspect_session", lambda: introspect(transfer["access_token"], include="session_info"))
    keep("introspect_public", lambda: native.post(
        "/v2/oauth2/token/introspect", data={"token": auth["access_token"], "client_id": native.client_id}, encoding="form"))
    keep("revoke", lambda: native.oauth2_revoke_token(auth["access_token"]))
    keep("revoke_nonsense", lambda: native.oauth2_revoke_token("nonsense"))
    keep("introspect_revoked", lambda: introspect(auth["access_token"]))
    # One that belongs to another application stays.
    client.oauth2_revoke_token(transfer["access_token"])
    answers["foreign_stays"] = introspect(transfer["access_token"])["active"]
    native.oauth2_revoke_token(transfer["refresh_token"])
    answers["taken_along"] = introspect(transfer["access_token"])["active"]
    keep("refresh_revoked", lambda: native.oauth2_refresh_token(transfer["refresh_token"]))


def applications():
    native = globus_sdk.NativeAppAuthClient(given["template_id"])
    keep("instance", lambda: native.create_native_app_instance(given["template_id"], "Beamline"))
    manager = globus_sdk.NativeAppAuthClient(given["native_client_id"])
    manager.oauth2_start_flow(requested_scopes=[AuthScopes.manage_projects])
    tokens = manager.oauth2_exchange_code_for_tokens(code_of(manager.oauth2_get_authorize_url()))
    auth = bearer(globus_sdk.AuthClient, tokens["access_token"])
    project = keep("project", lambda: auth.create_project("2-BM", "data@example.org", admin_ids=[given["identity"]]))
    keep("projects", auth.get_projects)
    project_id = project["project"]["id"]
    made = keep("client", lambda: auth.create_client("service", project=project_id, client_type="client_identity"))
    client_id = made["client"]["id"]
    keep("got_client", lambda: auth.get_client(client_id=client_id))
    keep("clients", auth.get_clients)
    credential = keep("credential", lambda: auth.create_client_credential(client_id, "first"))["credential"]
    itself = globus_sdk.ConfidentialAppAuthClient(client_id, credential["secret"])
    answers["itself"] = itself.oauth2_client_credentials_tokens(requested_scopes=TransferScopes.all)["resource_server"]
    keep("deleted", lambda: auth.delete_client(client_id))
    keep("after_deletion", lambda: itself.oauth2_client_credentials_tokens(requested_scopes=TransferScopes.all))


def timers_and_groups():
    with globus_sdk.ClientApp("service", client_id=given["client_id"], client_secret=given["secret"]) as app:
        timers = globus_sdk.TimersClient(app=app).add_app_transfer_data_access_scope(given["mapped"])
        timers.add_app_flow_user_scope(given["flow"])
        data = globus_sdk.TransferData(source_endpoint=given["guest"], destination_endpoint=given["mapped"],
                                       label="nightly", skip_source_errors=True, sync_level=3, verify_checksum=True)
        data.add_item("/scan.h5", "/data/copy.h5", recursive=False)
        nightly = globus_sdk.RecurringTimerSchedule(604800, start="2099-10-27T05:00:00+00:00", end={"count": 2})
        made = keep("timer", lambda: timers.create_timer(globus_sdk.TransferTimer(name="nightly", schedule=nightly, body=data)))
        keep("jobs", timers.list_jobs)
        once = globus_sdk.OnceTimerSchedule(datetime="2099-10-27T05:00:00+00:00")
        keep("flow_timer", lambda: timers.create_timer(globus_sdk.FlowTimer(
            flow_id=given["flow"], name="weekly", schedule=once, body={
                "body": {"input_key": "input_value"}, "run_managers": [f"urn:globus:auth:identity:{given['identity']}"]})))
        timer_id = made["timer"]["job_id"]
        keep("job", lambda: timers.get_job(timer_id))
        keep("paused", lambda: timers.pause_job(timer_id))
        keep("job_paused", lambda: timers.get_job(timer_id))
        keep("resumed", lambda: timers.resume_job(timer_id))
        keep("renamed", lambda: timers.update_job(timer_id, {"name": "updated name"}))
        keep("removed", lambda: timers.delete_job(timer_id))
        keep("job_missing", lambda: timers.get_job(timer_id))
        keep("timer_wrong", lambda: timers.create_timer({"timer_type": "transfer", "name": "x", "schedule": {}, "body": {}}))
        groups = globus_sdk.GroupsClient(app=app)
        own = keep("my_groups", groups.get_my_groups)
        keep("group", lambda: groups.get_group(own.data[0]["id"]))
        keep("group_missing", lambda: groups.get_group(given["guest"]))


native, tokens, auth = native_login()
consents(auth)
user_app()
client = account()
applications()
timers_and_groups()
tokens_end(client, native, tokens)
print(json.dumps(answers))
