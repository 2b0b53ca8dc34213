"""Connects accounts of an application's own users through a Grantkeep hub. Standard library only, beside grantkeep.py.

    connect = Connect(hub, "https://app.example.com/connected", SECRET)
    url, cookie = connect.start(request.headers, {"id": "42", "label": "Ada"}, provider="github")
    connection = connect.finish(request.args, request.headers, {"id": "42"})

docs/sdk.md of Grantkeep describes it. The verifier is never sent to the browser: its cookie holds what it is made of, and
only the secret makes it.
"""
import base64
import hashlib
import hmac
import json
import re
import secrets as random
import time
import urllib.parse

import grantkeep

__all__ = ["Connect"]

#: For so long the hub can bring a person back: ten minutes until they go on to the provider, and as long there.
BEGUN_SECONDS = 1200
#: Tabs in which one browser may connect at one time.
MOST_BEGUN = 5


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _user_key(user):
    # Of one length for every user: a browser drops a cookie of more than 4 kB, and the verifiers with it.
    return _base64url(hashlib.sha256(json.dumps([user.get("tenant"), user["id"]]).encode()).digest())


def _not_begun():
    return grantkeep.GrantkeepError("connect_not_begun", "This was not begun by this user in this browser, or too long ago.")


class Connect:
    """Starts and finishes connections of the application's users, each in the browser that began it.

    `client` has an API key of the application with the scope `connections:create`; `return_url` is one of the application's
    return addresses; `secret` is random text of 32 characters or more, or several while you change over, the new one first.
    """

    def __init__(self, client, return_url, secret):
        url = urllib.parse.urlsplit(return_url)
        if not grantkeep.is_protected(url):
            raise ValueError("return_url must begin with https:.")
        given = [secret] if isinstance(secret, str) else list(secret)
        if not given or any(len(one) < 32 for one in given):
            raise ValueError("secret must be random text of 32 characters or more.")
        secure = url.scheme == "https"
        self._client = client
        self._return_url = return_url
        self._origin = f"{url.scheme}://{url.netloc}"
        self._keys = [one.encode() for one in given]
        # With the prefix a browser takes it from this very host over TLS only, so that no neighbour can plant one.
        self._name = "__Host-grantkeep-connect" if secure else "grantkeep-connect"
        self._attributes = f"Path=/; Max-Age={BEGUN_SECONDS}; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    def start(self, headers, user, **asked):
        """Begins a connection: the address to redirect to (303), and the value of the `Set-Cookie` header to send with it.

        `asked` is what POST /connect-sessions takes: `provider`, `providers`, `connection`, `scopes`. Raises GrantkeepError
        `wrong_origin` where another site's page asks, or as the hub refuses the session.
        """
        if self._is_foreign(headers):
            raise grantkeep.GrantkeepError("wrong_origin", "A page of another site asked for this.")
        nonce = random.token_urlsafe(32)
        challenge = _base64url(hashlib.sha256(self._verifier(self._keys[0], nonce).encode()).digest())
        body = {**asked, "user": user, "return_url": self._return_url, "code_challenge": challenge}
        session = self._client.call("POST", "/connect-sessions", body)
        begun = {"s": session["id"], "n": nonce, "u": _user_key(user), "e": int(time.time()) + BEGUN_SECONDS}
        all_begun = [one for _, one in self._read(headers)] + [begun]
        return session["url"], f"{self._name}={self._seal(all_begun[-MOST_BEGUN:])}; {self._attributes}"

    def finish(self, query, headers, user):
        """Finishes a connection with the request in which the browser came back, and answers the connection.

        Raises GrantkeepError `connect_not_begun` where this user did not begin it in this browser: the grant is revoked then;
        the code that the hub sent along, such as `access_denied`; every refusal of the hub.
        """
        session, code, error = (query.get(name) or "" for name in ("session", "code", "error"))
        if not re.fullmatch(r"cns_[0-9A-Za-z_]+", session):
            raise _not_begun()
        own = [(key, one) for key, one in self._read(headers) if one["s"] == session and one["u"] == _user_key(user)]
        if own and code:
            key, begun = own[0]
            return self._complete(session, code, self._verifier(key, begun["n"]))
        if code:
            # The sign of a link that was handed on. A verifier that cannot be right ends the session and its grant at once,
            # and the hub's ledger says why.
            try:
                self._complete(session, code, random.token_urlsafe(32))
            except grantkeep.GrantkeepError:
                pass
        if own and re.fullmatch(r"[a-z_]{1,64}", error):
            raise grantkeep.GrantkeepError(error, "Nothing was connected.")
        raise _not_begun()

    def _complete(self, session, code, verifier):
        body = {"code": code, "code_verifier": verifier}
        return self._client.call("POST", f"/connect-sessions/{session}/complete", body)

    def _is_foreign(self, headers):
        """True where a page of another origin began this request. Browsers say so, in either header."""
        site = headers.get("Sec-Fetch-Site")
        if site is not None:
            return site not in ("same-origin", "none")
        return headers.get("Origin") not in (None, self._origin)

    @staticmethod
    def _verifier(key, nonce):
        return _base64url(hmac.digest(key, b"grantkeep connect verifier " + nonce.encode(), "sha256"))

    def _tag(self, key, text):
        return _base64url(hmac.digest(key, f"grantkeep connect {self._name} {text}".encode(), "sha256"))

    def _seal(self, begun):
        text = _base64url(json.dumps(begun).encode())
        return f"{text}.{self._tag(self._keys[0], text)}"

    def _read(self, headers):
        """What this browser began lately, each with the key that made its verifier."""
        pairs = [pair.strip() for pair in (headers.get("Cookie") or "").split(";")]
        values = [pair[len(self._name) + 1 :] for pair in pairs if pair.startswith(f"{self._name}=")]
        # Of two with one name neither can be told to be the own one.
        text, _, tag = values[0].partition(".") if len(values) == 1 else ("", "", "")
        for key in self._keys:
            if tag and hmac.compare_digest(tag.encode(), self._tag(key, text).encode()):
                begun = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
                return [(key, one) for one in begun if one["e"] > time.time()]
        return []
