"""Authlib's authorization server under Flask, in memory, on loopback. Prints its port and serves until it is ended.

Rotates refresh tokens, knows PKCE, OpenID Connect, revocation (RFC 7009) and introspection (RFC 7662).
Arguments: client id, client secret.
"""
import json
import os
import sys
import time
from wsgiref.simple_server import WSGIRequestHandler, make_server

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.jose import JsonWebKey
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify

CLIENT_ID, CLIENT_SECRET = sys.argv[1:3]
PERSON = {"sub": "ada", "email": "ada@example.com", "email_verified": True, "name": "Ada"}
KEY = JsonWebKey.generate_key("RSA", 2048, {"kid": "second", "alg": "RS256", "use": "sig"}, is_private=True)
ISSUER = [""]
codes, tokens = {}, []


class Person:
    def get_user_id(self):
        return PERSON["sub"]


class Client(ClientMixin):
    client_id = CLIENT_ID

    def get_client_id(self):
        return CLIENT_ID

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri.startswith("http://localhost:3000/oauth/callback")

    def check_client_secret(self, client_secret):
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in ("authorization_code", "refresh_token")


CLIENT = Client()


class Code(dict):
    def get_redirect_uri(self):
        return self["redirect_uri"]

    def get_scope(self):
        return self["scope"]

    def get_nonce(self):
        return self["nonce"]

    def get_auth_time(self):
        return self["auth_time"]

    def __getattr__(self, name):
        return self[name]


class Token(dict, TokenMixin):
    def check_client(self, client):
        return True

    def get_scope(self):
        return self["scope"]

    def get_expires_in(self):
        return self["expires_in"]

    def is_expired(self):
        return time.time() > self["issued_at"] + self["expires_in"]

    def is_revoked(self):
        return self["revoked"]


def save_token(token, request):
    tokens.append(Token(token, issued_at=time.time(), revoked=False))


def find(kind, value):
    return next((one for one in tokens if one.get(kind) == value and not one["revoked"]), None)


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def save_authorization_code(self, code, request):
        data = request.data
        codes[code] = Code(
            code=code,
            redirect_uri=request.redirect_uri,
            scope=request.scope,
            nonce=data.get("nonce"),
            auth_time=int(time.time()),
            code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"),
        )

    def query_authorization_code(self, code, client):
        return codes.get(code)

    def delete_authorization_code(self, authorization_code):
        codes.pop(authorization_code["code"], None)

    def authenticate_user(self, authorization_code):
        return Person()


class OpenID(OpenIDCode):
    def exists_nonce(self, nonce, request):
        return False

    def get_jwt_config(self, grant):
        return {"key": KEY, "alg": "RS256", "iss": ISSUER[0], "exp": 3600}

    def generate_user_info(self, user, scope):
        return UserInfo(PERSON)


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        return find("refresh_token", refresh_token)

    def authenticate_user(self, credential):
        return Person()

    def revoke_old_credential(self, credential):
        credential["revoked"] = True


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = ["client_secret_basic"]

    def query_token(self, token, token_type_hint):
        return find("access_token", token) or find("refresh_token", token)

    def revoke_token(self, token, request):
        token["revoked"] = True


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = ["client_secret_basic"]

    def check_permission(self, token, client, request):
        return True

    def query_token(self, token, token_type_hint):
        return find("access_token", token) or find("refresh_token", token)

    def introspect_token(self, token):
        return {"active": True, "client_id": CLIENT_ID, "scope": token["scope"], "sub": PERSON["sub"]}


class Validator(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return find("access_token", token_string)


app = Flask(__name__)
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(app, query_client=lambda name: CLIENT if name == CLIENT_ID else None, save_token=save_token)
server.register_grant(CodeGrant, [OpenID(require_nonce=False), CodeChallenge(required=True)])
server.register_grant(RefreshGrant)
server.register_endpoint(Revocation)
server.register_endpoint(Introspection)
protect = ResourceProtector()
protect.register_token_validator(Validator())


@app.get("/authorize")
def authorize():
    return server.create_authorization_response(grant_user=Person())


@app.post("/token")
def token():
    return server.create_token_response()


@app.post("/revoke")
def revoke():
    return server.create_endpoint_response("revocation")


@app.post("/introspect")
def introspect():
    return server.create_endpoint_response("introspection")


@app.get("/userinfo")
@protect()
def userinfo():
    return jsonify(PERSON)


@app.get("/jwks")
def jwks():
    return jsonify({"keys": [KEY.as_dict(is_private=False)]})


@app.get("/.well-known/openid-configuration")
def metadata():
    paths = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "userinfo_endpoint": "/userinfo"}
    paths |= {"jwks_uri": "/jwks", "revocation_endpoint": "/revoke", "introspection_endpoint": "/introspect"}
    return jsonify({"issuer": ISSUER[0]} | {name: ISSUER[0] + path for name, path in paths.items()})


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


with make_server("127.0.0.1", 0, app, handler_class=Quiet) as listener:
    ISSUER[0] = f"http://127.0.0.1:{listener.server_port}"
    print(json.dumps({"issuer": ISSUER[0]}), flush=True)
    listener.serve_forever()
