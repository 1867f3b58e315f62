"""Logs in to a Globus Auth as PAL-XFEL's samples do, with Globus' own Python SDK, and keeps the tokens with the SDK's own two adapters.

Where the service is, the SDK reads from GLOBUS_SDK_SERVICE_URL_AUTH. The one argument is JSON: {"native_client_id", "sdk3", "sdk4", "scopes"}, of which sdk3 and
sdk4 are the files to write. Prints nothing but {}.
"""

import json
import re
import sys

import globus_sdk
import requests
from globus_sdk.token_storage import JSONTokenStorage
from globus_sdk.token_storage.legacy import SimpleJSONFileAdapter

given = json.loads(sys.argv[1])
client = globus_sdk.NativeAppAuthClient(given["native_client_id"])
for kind in ("sdk3", "sdk4"):
    client.oauth2_start_flow(requested_scopes=given["scopes"], refresh_tokens=True)
    page = requests.get(client.oauth2_get_authorize_url(), timeout=10).text
    tokens = client.oauth2_exchange_code_for_tokens(re.search(r'<textarea id="auth-code"[^>]*>([^<]+)<', page)[1])
    if kind == "sdk3":
        SimpleJSONFileAdapter(given[kind]).store(tokens)
    else:
        JSONTokenStorage(given[kind]).store_token_response(tokens)
print("{}")
