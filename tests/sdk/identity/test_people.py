"""People sign in through Microsoft's own libraries, unmodified, over TLS."""

import threading
import webbrowser

import msal
import pytest
import requests
from azure.identity import DeviceCodeCredential, InteractiveBrowserCredential

from browser import Browser, Form, parameters
from conftest import ROLE
from test_sign_in import SCOPE, ask, claims

PASSWORD = "correct horse battery staple"
REDIRECT = "http://localhost"


@pytest.fixture(scope="module")
def user(server):
    line = ("user", "create", "ada@example.com", "--display-name", "Ada L.")
    server.runstate(*line, "--scope", ROLE, "--password-stdin", stdin=PASSWORD)
    return "ada@example.com"


@pytest.fixture(scope="module")
def public(server):
    """A registered desktop application: the tenant and its id."""
    printed = server.runstate(
        "app", "create", "a desktop", "--public-client", "--scope", ROLE,
        "--redirect-uri", REDIRECT,
    )
    values = dict(line.split("=", 1) for line in printed.splitlines())
    return values["AZURE_TENANT_ID"], values["AZURE_CLIENT_ID"]


def application(server, public, **more):
    tenant, client = public
    return msal.PublicClientApplication(
        client, authority=f"{server.url}/{tenant}", instance_discovery=False, **more
    )


def check(server, got, user, client):
    assert got.get("token_type") == "Bearer", got
    assert ask(server, got["access_token"]) == 200
    said = claims(got["access_token"])
    assert (said["scp"], said["azp"], said["idtyp"]) == (ROLE, client, "user")
    named = got["id_token_claims"]
    assert (named["preferred_username"], named["name"]) == (user, "Ada L.")
    assert named["oid"] == said["sub"]


def allow(verification_uri, user_code, user):
    """What a person does who was shown a code."""
    browser = Browser()
    page = browser.sign_in(verification_uri, user, PASSWORD)
    asked = browser.fill(page, user_code=user_code, step="look")
    done = browser.fill(asked, step="allow")
    assert "It is done" in done.text


def test_msal_by_an_authorization_code(server, user, public):
    app = application(server, public)
    flow = app.initiate_auth_code_flow(
        [SCOPE], redirect_uri=f"{REDIRECT}:8765", login_hint=user
    )
    sent = Browser().sign_in(flow["auth_uri"], user, PASSWORD)
    assert sent.headers["Location"].startswith("http://localhost:8765?")
    got = app.acquire_token_by_auth_code_flow(flow, parameters(sent))
    check(server, got, user, public[1])
    (account,) = app.get_accounts()
    assert account["username"] == user
    silent = app.acquire_token_silent([SCOPE], account)
    assert silent["token_source"] == "cache"
    anew = app.acquire_token_silent([SCOPE], account, force_refresh=True)
    assert anew["token_source"] == "identity_provider"
    assert anew["access_token"] != got["access_token"]
    assert ask(server, anew["access_token"]) == 200
    # The refresh token that came with it is the one that holds.
    again = app.acquire_token_silent([SCOPE], account, force_refresh=True)
    assert ask(server, again["access_token"]) == 200


def test_msal_by_an_authorization_code_of_a_site_with_a_secret(server, user):
    tenant, client, secret = server.register(
        "--scope", ROLE, "--redirect-uri", "https://site.example/signed-in"
    )
    app = msal.ConfidentialClientApplication(
        client,
        client_credential=secret,
        authority=f"{server.url}/{tenant}",
        instance_discovery=False,
    )
    flow = app.initiate_auth_code_flow([SCOPE], redirect_uri="https://site.example/signed-in")
    sent = Browser().sign_in(flow["auth_uri"], user, PASSWORD)
    got = app.acquire_token_by_auth_code_flow(flow, parameters(sent))
    check(server, got, user, client)


def test_msal_is_told_why_not(server, public):
    app = application(server, public)
    flow = app.initiate_auth_code_flow(["https://evil.example/.default"], redirect_uri=REDIRECT)
    sent = requests.get(flow["auth_uri"], allow_redirects=False)
    got = app.acquire_token_by_auth_code_flow(flow, parameters(sent))
    assert got["error"] == "invalid_scope"


def test_msal_by_a_device_code(server, user, public):
    app = application(server, public)
    flow = app.initiate_device_flow([SCOPE])
    assert flow["user_code"] in flow["message"]
    person = threading.Timer(
        2, allow, (flow["verification_uri"], flow["user_code"], user)
    )
    person.start()
    got = app.acquire_token_by_device_flow(flow)
    person.join()
    check(server, got, user, public[1])
    (account,) = app.get_accounts()
    anew = app.acquire_token_silent([SCOPE], account, force_refresh=True)
    assert ask(server, anew["access_token"]) == 200


def test_device_code_credential(server, user, public):
    tenant, client = public
    people = []

    def prompt(uri, code, expires_on):
        people.append(threading.Thread(target=allow, args=(uri, code, user)))
        people[-1].start()

    credential = DeviceCodeCredential(
        client,
        tenant_id=tenant,
        authority=server.url,
        disable_instance_discovery=True,
        prompt_callback=prompt,
    )
    token = credential.get_token(SCOPE).token
    people[0].join()
    assert ask(server, token) == 200
    assert claims(token)["scp"] == ROLE


def test_interactive_browser_credential(server, user, public, monkeypatch):
    tenant, client = public

    def visit(url):
        browser = Browser()
        page = browser.sign_in(url, user, PASSWORD)
        # The answer comes in a form that a browser sends by itself.
        form = Form(page.text)
        requests.post(form.action, form.fields)

    def open_browser(url, *_, **__):
        threading.Thread(target=visit, args=(url,)).start()
        return True

    monkeypatch.setattr(webbrowser, "open", open_browser)
    credential = InteractiveBrowserCredential(
        tenant_id=tenant,
        client_id=client,
        authority=server.url,
        disable_instance_discovery=True,
        timeout=60,
    )
    token = credential.get_token(SCOPE).token
    assert ask(server, token) == 200
    assert claims(token)["azp"] == client
