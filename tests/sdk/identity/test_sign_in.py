"""Microsoft's own libraries sign in, unmodified, over TLS."""

import asyncio
import base64
import datetime
import json
import urllib.request
import ssl

import msal
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential, EnvironmentCredential
from azure.identity.aio import ClientSecretCredential as AsyncClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph_beta import GraphRequestAdapter, GraphServiceClient

SCOPE = "https://graph.microsoft.com/.default"


def ask(server, token):
    """The status of a request under a token."""
    url = f"{server.url}/beta/deviceManagement/deviceHealthScripts"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, context=ssl.create_default_context()) as answer:
        return answer.status


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def certificate(tmp_path):
    """A self-signed certificate, and the file with it and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "certificate.pem").write_bytes(public)
    (tmp_path / "both.pem").write_bytes(private + public)
    return made, private, tmp_path


@pytest.mark.parametrize("tenant", [None, "adfs"])
def test_client_secret_credential(server, tenant):
    own, client, secret = server.register()
    switch = {} if tenant else {"disable_instance_discovery": True}
    credential = ClientSecretCredential(
        tenant or own, client, secret, authority=server.url, **switch
    )
    token = credential.get_token(SCOPE)
    assert ask(server, token.token) == 200
    assert claims(token.token)["azp"] == client
    assert token.expires_on == pytest.approx(claims(token.token)["exp"], abs=60)


def test_environment_credential_reads_what_app_create_prints(server, monkeypatch):
    own, client, secret = server.register()
    monkeypatch.setenv("AZURE_TENANT_ID", own)
    monkeypatch.setenv("AZURE_CLIENT_ID", client)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", secret)
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", server.url)
    credential = EnvironmentCredential(disable_instance_discovery=True)
    assert ask(server, credential.get_token(SCOPE).token) == 200


def test_a_wrong_secret_is_told_as_such(server):
    own, client, _ = server.register()
    credential = ClientSecretCredential(
        own, client, "wrong", authority=server.url, disable_instance_discovery=True
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential.get_token(SCOPE)


def test_certificate_credential(server, tmp_path):
    _, _, place = certificate(tmp_path)
    own, client, secret = server.register("--public-key", str(place / "certificate.pem"))
    assert secret is None
    credential = CertificateCredential(
        own,
        client,
        str(place / "both.pem"),
        authority=server.url,
        disable_instance_discovery=True,
    )
    assert ask(server, credential.get_token(SCOPE).token) == 200


def test_msal_with_a_secret(server):
    own, client, secret = server.register()
    app = msal.ConfidentialClientApplication(
        client,
        client_credential=secret,
        authority=f"{server.url}/{own}",
        instance_discovery=False,
    )
    got = app.acquire_token_for_client([SCOPE])
    assert got.get("token_type") == "Bearer", got
    assert ask(server, got["access_token"]) == 200
    # From its own cache, since it understood until when the token holds.
    assert app.acquire_token_for_client([SCOPE])["token_source"] == "cache"


def test_msal_with_a_certificate(server, tmp_path):
    made, private, place = certificate(tmp_path)
    own, client, _ = server.register("--public-key", str(place / "certificate.pem"))
    app = msal.ConfidentialClientApplication(
        client,
        client_credential={
            "private_key": private.decode(),
            "thumbprint": made.fingerprint(hashes.SHA1()).hex(),
        },
        authority=f"{server.url}/{own}",
        instance_discovery=False,
    )
    got = app.acquire_token_for_client([SCOPE])
    assert got.get("token_type") == "Bearer", got
    assert ask(server, got["access_token"]) == 200


def test_the_graph_sdk_signs_in_and_calls(server):
    own, client, secret = server.register()

    async def call():
        async with AsyncClientSecretCredential(
            own, client, secret, authority=server.url, disable_instance_discovery=True
        ) as credential:
            provider = AzureIdentityAuthenticationProvider(
                credential, scopes=[SCOPE], allowed_hosts=["localhost"]
            )
            adapter = GraphRequestAdapter(provider)
            adapter.base_url = f"{server.url}/beta"
            graph = GraphServiceClient(request_adapter=adapter)
            return await graph.device_management.device_health_scripts.get()

    scripts = asyncio.run(call())
    assert scripts.value is not None
