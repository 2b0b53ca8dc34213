"""Live access tokens from a Grantkeep hub, and its webhooks. Python 3.11 and newer, the standard library only.

    hub = Client("https://connect.example.com", "gk_…")
    hub.with_token("con_…", lambda token: call_the_provider(token.authorization))

docs/sdk.md of Grantkeep describes it.
"""
import base64
import binascii
import hashlib
import hmac
import json
import random
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import OrderedDict

__all__ = ["AccessToken", "Client", "GrantkeepError", "TokenRefused", "WEBHOOK_HEADERS", "verify_webhook"]

WEBHOOK_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")

LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
#: Seconds for which a token that the hub has nothing newer for is not reported again, unless the hub says.
QUIET_SECONDS = 30
#: The same token is tried again after so long: a provider may know a token a moment later than the hub.
PAUSE_SECONDS = 1


class TokenRefused(Exception):
    """Raise it where the provider refused the token in a way that only your code sees."""


class GrantkeepError(Exception):
    """A refusal of the hub, or a fault of reaching it. Branch on `code`. It never carries a token or a key."""

    def __init__(self, code, message, *, status=None, problem=None, retry_after=None, missing_scopes=(), consent_url=None):
        super().__init__(message)
        problem = problem or {}
        self.code = code
        self.status = status
        self.request_id = problem.get("request_id")
        self.provider_error = problem.get("provider_error")
        self.issues = problem.get("issues")
        #: Whole seconds after which trying again makes sense.
        self.retry_after = retry_after
        #: With `missing_scope`: the stated scopes that the connection lacks.
        self.missing_scopes = tuple(missing_scopes)
        #: With `missing_scope` and `needs_reconnect`: the page of the hub where the person can mend it.
        self.consent_url = consent_url


class AccessToken:
    """A live access token. Its text is in `value` and `authorization` only, so that it gets into no log by itself."""

    __slots__ = ("_value", "_type", "expires_in", "scopes", "missing_scopes", "provider", "account", "extras")

    def __init__(self, answer):
        extras = dict(answer)
        self._value = extras.pop("access_token")
        self._type = extras.pop("token_type")
        #: Seconds that were left when the hub answered; None where the provider gives it no end.
        self.expires_in = extras.pop("expires_in")
        scope = extras.pop("scope")
        self.scopes = None if scope is None else scope.split()
        self.missing_scopes = extras.pop("missing_scopes")
        self.provider = extras.pop("provider")
        self.account = extras.pop("account")
        extras.pop("expires_at")
        #: Further fields that calls to the provider need, such as `instance_url`.
        self.extras = extras

    @property
    def value(self):
        return self._value

    @property
    def authorization(self):
        """The value of the `Authorization` header that shows it."""
        kind = "Bearer" if self._type.lower() == "bearer" else self._type
        return f"{kind} {self._value}"

    def __repr__(self):
        return "[access token]"

    def __reduce__(self):
        raise TypeError("An access token is not written down.")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The hub redirects no call. A redirect would be somebody else's, and would be shown the key."""

    def redirect_request(self, *_):
        return None


class _Flight:
    """One question to the hub, which all threads share that ask meanwhile."""

    def __init__(self, reports):
        self.reports = reports
        self.done = threading.Event()
        self.token = None
        self.error = None

    def result(self):
        self.done.wait()
        if self.error is not None:
            raise self.error
        return self.token


class _Bounded(OrderedDict):
    """Drops the entry that was used the longest ago when it is full."""

    def __init__(self, size):
        super().__init__()
        self._size = size

    def find(self, key):
        if key in self:
            self.move_to_end(key)
        return self.get(key)

    def put(self, key, value):
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._size:
            self.popitem(last=False)


def is_protected(url):
    """True for an address, split by urllib, to which a secret may be sent."""
    return url.scheme == "https" or (url.scheme == "http" and LOOPBACK.fullmatch(url.hostname or "") is not None)


def _checked_origin(text):
    url = urllib.parse.urlsplit(text)
    if not is_protected(url) or url.username or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("The address of the hub must be one such as https://connect.example.com.")
    return f"{url.scheme}://{url.netloc}"


def _fingerprint(token):
    return base64.b64encode(hashlib.sha256(token.value.encode()).digest()).decode()


def _status_of(thing):
    """The HTTP status of an answer or a fault of urllib, http.client, requests or httpx."""
    for holder in (thing, getattr(thing, "response", None)):
        for name in ("status_code", "status", "code"):
            status = getattr(holder, name, None)
            if isinstance(status, int):
                return status
    return None


def _usable_seconds(expires_in, cache_seconds):
    """A token is not used for the last minute of its life, nor for the last half of a shorter rest."""
    if expires_in is None:
        return cache_seconds
    return min(cache_seconds, max(0, expires_in - min(60, expires_in / 2)))


class Client:
    """A client of one hub with one API key. Make one for a process; threads may share it."""

    def __init__(self, url, api_key, *, cache_seconds=300, cache_size=1000, max_wait_seconds=15, timeout_seconds=30):
        if not re.fullmatch(r"gk_[A-Za-z0-9_-]+", api_key):
            raise ValueError("api_key must be an API key of the hub, gk_….")
        self._origin = _checked_origin(url)
        self._api_key = api_key
        self._cache_seconds = cache_seconds
        self._max_wait = max_wait_seconds
        self._timeout = timeout_seconds
        self._opener = urllib.request.build_opener(_NoRedirects)
        self._lock = threading.Lock()
        self._kept = _Bounded(cache_size)
        self._quiet = _Bounded(cache_size)
        self._flights = {}

    def __repr__(self):
        return f"<grantkeep.Client of {self._origin}>"

    def with_token(self, connection, fn, *, purpose=None, scopes=()):
        """Calls `fn` with a live token; once more with another where the provider refuses the first (401).

        Raises GrantkeepError where the hub has no token to give, and every fault of `fn` as it is.
        """
        key = (self._checked(connection), purpose, tuple(sorted(set(scopes))))
        token = self._get(key)
        self._require_scopes(key, token)
        result, fault = self._attempt(fn, token)
        if not self._is_refused(result, fault):
            return self._settle(result, fault)
        other = self._replace(key, token)
        if other is None:
            return self._settle(result, fault)
        self._require_scopes(key, other)
        if other.value == token.value:
            time.sleep(min(PAUSE_SECONDS, self._max_wait))
        return fn(other)

    def get_token(self, connection, *, purpose=None, scopes=()):
        """A live token, for what `with_token` does not fit. Nothing reports it where the provider refuses it."""
        key = (self._checked(connection), purpose, tuple(sorted(set(scopes))))
        token = self._get(key)
        self._require_scopes(key, token)
        return token

    def call(self, method, path, body=None):
        """Calls an operation of the API, as in `call("GET", f"/connections/{id}")`, and answers what it answers."""
        if not re.fullmatch(r"(/[A-Za-z0-9_-]+)+(\?[^#\s]*)?", path):
            raise ValueError("This is not a path of the API.")
        return self._call(method, path, body)

    def forget(self, connection):
        """Drops the kept tokens of a connection, as after the message `connection.revoked`."""
        with self._lock:
            for entries in (self._kept, self._flights):
                for key in [key for key in entries if key[0] == connection]:
                    del entries[key]

    @staticmethod
    def _checked(connection):
        if not re.fullmatch(r"con_[0-9a-z]+", connection):
            raise ValueError("This is not the id of a connection, con_….")
        return connection

    @staticmethod
    def _attempt(fn, token):
        try:
            return fn(token), None
        except Exception as fault:
            return None, fault

    @staticmethod
    def _settle(result, fault):
        if fault is not None:
            raise fault
        return result

    @staticmethod
    def _is_refused(result, fault):
        # The hub's own 401 is about the API key.
        if isinstance(fault, GrantkeepError):
            return False
        return isinstance(fault, TokenRefused) or _status_of(result if fault is None else fault) == 401

    def _require_scopes(self, key, token):
        missing = [scope for scope in key[2] if scope in token.missing_scopes]
        if missing:
            link = urllib.parse.urlencode({"provider": token.provider, "return_to": f"/connections/{key[0]}"})
            message = f"The connection lacks {', '.join(missing)}. Its person can add it at the hub."
            consent_url = f"{self._origin}/connect?{link}"
            raise GrantkeepError("missing_scope", message, missing_scopes=missing, consent_url=consent_url)

    def _get(self, key):
        with self._lock:
            kept = self._kept.find(key)
            if kept and time.monotonic() < kept[1]:
                return kept[0]
            flight = self._flights.get(key)
            own = flight is None
            if own:
                flight = self._begin(key)
        if own:
            self._fly(key, flight)
        return flight.result()

    def _replace(self, key, refused):
        """Another token instead of a refused one; the same where the hub has no other, None where it said so just now."""
        while True:
            with self._lock:
                kept = self._kept.find(key)
                if kept and kept[0].value != refused.value:
                    return kept[0]
                if time.monotonic() < (self._quiet.find(_fingerprint(refused)) or 0):
                    return None
                flight = self._flights.get(key)
                own = flight is None
                if own:
                    flight = self._begin(key, reports=True)
            if own:
                self._fly(key, flight, refused)
            token = flight.result()
            if flight.reports or token.value != refused.value:
                return token

    def _begin(self, key, reports=False):
        self._kept.pop(key, None)
        flight = self._flights[key] = _Flight(reports)
        return flight

    def _fly(self, key, flight, refused=None):
        """Asks the hub, and tells all who wait. The seconds that are left count from before the request."""
        begun = time.monotonic()
        until = 0
        try:
            flight.token = self._vend(key, refused)
            if flight.token is not refused:
                until = begun + _usable_seconds(flight.token.expires_in, self._cache_seconds)
        except BaseException as error:
            flight.error = error
        finally:
            with self._lock:
                # What was forgotten meanwhile is not kept.
                if self._flights.get(key) is flight:
                    del self._flights[key]
                    if until > begun:
                        self._kept.put(key, (flight.token, until))
            flight.done.set()

    def _vend(self, key, refused):
        connection, purpose, scopes = key
        body = {"purpose": purpose} if purpose is not None else {}
        if scopes:
            body["scopes"] = list(scopes)
        if refused is not None:
            body["rejected_token_fingerprint"] = _fingerprint(refused)
        try:
            answer = self._call("POST", f"/connections/{connection}/token", body or None)
            if not isinstance(answer.get("access_token"), str):
                raise self._foreign(200)
            token = AccessToken(answer)
        except GrantkeepError as error:
            if refused is None or error.code != "refreshed_lately":
                raise
            self._hush(refused, error.retry_after or QUIET_SECONDS)
            return refused
        if refused is not None and token.value == refused.value:
            self._hush(refused, QUIET_SECONDS)
        return token

    def _hush(self, token, seconds):
        with self._lock:
            self._quiet.put(_fingerprint(token), time.monotonic() + seconds)

    def _call(self, method, path, body):
        """One call, and again as `Retry-After` says, as long as that stays within `max_wait_seconds`."""
        begun = time.monotonic()
        while True:
            try:
                return self._ask(method, path, body)
            except GrantkeepError as error:
                if error.status not in (429, 503) or error.code == "provider_configuration" or error.retry_after is None:
                    raise
                # Callers that were refused together must not all come back in the same moment.
                wait = error.retry_after + random.random() / 4
                if time.monotonic() - begun + wait > self._max_wait:
                    raise
            time.sleep(wait)

    def _ask(self, method, path, body):
        headers = {"Authorization": f"Bearer {self._api_key}", "Accept": "application/json", "User-Agent": "grantkeep.py"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode() if body is not None else b"" if method == "POST" else None
        request = urllib.request.Request(f"{self._origin}/api/v1{path}", data, headers, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                read = None if answer.status == 204 else self._read(answer, "application/json")
                if read is None and answer.status != 204:
                    raise self._foreign(answer.status)
                return read
        except urllib.error.HTTPError as answer:
            raise self._refusal(answer, path) from None
        except OSError as cause:
            raise GrantkeepError("hub_unreachable", "The hub did not answer.") from cause

    @staticmethod
    def _read(answer, kind):
        if answer.headers.get_content_type() != kind:
            return None
        try:
            read = json.load(answer)
        except ValueError:
            # The parser's own fault has the text, which may hold a token.
            return None
        return read if isinstance(read, dict) else None

    @staticmethod
    def _foreign(status, retry_after=None):
        message = f"The address of the hub answered {status}, and not in the hub’s form."
        return GrantkeepError("hub_unreachable", message, status=status, retry_after=retry_after)

    def _refusal(self, answer, path):
        with answer:
            said = answer.headers.get("Retry-After") or ""
            retry_after = int(said) if re.fullmatch(r"[0-9]{1,6}", said) else None
            problem = self._read(answer, "application/problem+json")
        if problem is None or not isinstance(problem.get("code"), str):
            return self._foreign(answer.code, retry_after)
        code = problem["code"]
        page = re.sub("/token$", "", path)
        consent_url = f"{self._origin}{page}" if code == "needs_reconnect" else None
        return GrantkeepError(
            code,
            problem.get("detail", code),
            status=answer.code,
            problem=problem,
            retry_after=retry_after,
            consent_url=consent_url,
        )


def _webhook_key(secret):
    found = re.fullmatch(r"whsec_([A-Za-z0-9+/]{32,}={0,2})", secret)
    if found is None:
        raise ValueError("A webhook secret looks like whsec_….")
    return base64.b64decode(found[1])


def _decoded(text):
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def verify_webhook(body, headers, secrets, tolerance_seconds=300):
    """Verifies a message of the hub (Standard Webhooks), and reads it. `body` are the bytes as they came.

    `secrets` is one secret, or several while you change over. Raises GrantkeepError `invalid_webhook` for a message
    that the hub did not sign with one of them, or that is too old.
    """
    keys = [_webhook_key(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    if not keys:
        raise ValueError("There is no secret.")
    given = {name.lower(): value for name, value in headers.items()}
    if any(not given.get(name) for name in WEBHOOK_HEADERS):
        raise GrantkeepError("invalid_webhook", "The message lacks a header.")
    message_id, timestamp, signatures = (given[name] for name in WEBHOOK_HEADERS)
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise GrantkeepError("invalid_webhook", "The time of the message is not a number.")
    if not abs(time.time() - int(timestamp)) <= tolerance_seconds:
        raise GrantkeepError("invalid_webhook", "The message is too old, or is from the future.")
    content = body.encode() if isinstance(body, str) else bytes(body)
    signed = f"{message_id}.{timestamp}.".encode() + content
    shown = [_decoded(one[3:]) for one in signatures.split(" ") if one.startswith("v1,")]
    expected = [hmac.digest(key, signed, "sha256") for key in keys]
    if not any(hmac.compare_digest(one, other) for one in shown for other in expected):
        raise GrantkeepError("invalid_webhook", "The message is not signed with this secret.")
    return {**json.loads(content), "id": message_id}
