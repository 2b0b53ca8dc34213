#!/usr/bin/env python3
"""Verifies an evidence bundle without Grantkeep: python3 verify_evidence.py bundle.json [public key in base64].

Needs Python's standard library and Debian's python3-cryptography. docs/evidence.md and docs/ledger.md describe the forms.
Ends with status 0 where the bundle is whole and, where a key is given, that key signed it.
"""
import base64
import hashlib
import json
import re
import sys
from datetime import datetime, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ENVELOPE = re.compile(
    rb'\{"bundle":(\{.*\}),"key_id":"([A-Za-z0-9_.:-]{1,100})","public_key":"([A-Za-z0-9+/]{43}=)",'
    rb'"signature":"([A-Za-z0-9+/]{86}==)"\}\n'
)
NOTE = re.compile(
    "([!-~]{1,300})\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n\n\u2014 ([!-~]+) ([A-Za-z0-9+/]{91}=)\n"
)
MONTH = re.compile("[0-9]{4}-[0-9]{2}")
VISIBLE = re.compile("[!-~]{1,300}")
FRACTION = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]*[1-9]")
RESULTS = re.compile("grantkeep checks [!-~]+\nrun ([!-~]+)\n(0|[1-9][0-9]{0,8}) results [0-9a-f]{64}")
MOST = 2**53 - 1
DEEPEST = 64


class Fault(Exception):
    """What does not hold."""


def must(holds, fault):
    if not holds:
        raise Fault(fault)


def whole(value, least=0):
    """A whole number, which `True` and 1.0 are not."""
    must(type(value) is int and least <= value, "not a whole number")
    return value


def listed(value):
    must(isinstance(value, list), "not a list")
    return value


def words(value):
    must(isinstance(value, str), "not a text")
    return value


def number_of(text):
    number = float(text) if "." in text else int(text)
    must(FRACTION.fullmatch(text) and repr(number) == text if "." in text else abs(number) <= MOST, "a number in another form")
    return number


def refuse_number(text):
    raise Fault(f"{text} is no number")


def members_of(pairs):
    found = dict(pairs)
    must(len(found) == len(pairs), "a member stands twice")
    return found


def ordered(value, ledger, depth=0):
    """The value as its writer puts it: the ledger sorts members by UTF-16 code units, a bundle names none by a number."""
    must(depth <= DEEPEST, "nested too deep")
    if isinstance(value, list):
        return [ordered(one, ledger, depth + 1) for one in value]
    if isinstance(value, dict):
        must(ledger or not any(re.fullmatch("[0-9]+", name) for name in value), "a member named by a number")
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass")) if ledger else value
        return {name: ordered(value[name], ledger, depth + 1) for name in names}
    return value


def parsed(text, ledger=True):
    """JSON in its one spelling, so that no two readers take it for different things."""
    number = {"parse_float": number_of, "parse_int": number_of, "parse_constant": refuse_number}
    value = json.loads(words(text), object_pairs_hook=members_of, **number)
    spelled = json.dumps(ordered(value, ledger), ensure_ascii=False, separators=(",", ":"))
    must(spelled == text, "JSON in another spelling")
    return value


def decoded(text):
    """Base64 in its one spelling."""
    data = base64.b64decode(text, validate=True)
    must(base64.b64encode(data).decode() == text, "base64 in another spelling")
    return data


def signed_by(public_key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(decoded(public_key)).verify(signature, message)
        return True
    except InvalidSignature:
        return False


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(text):
    return sha256(b"\x00" + text.encode())


def root_of(leaf, index, size, path):
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2)."""
    must(whole(index) < whole(size), "a place outside of its tree")
    at, last, root = index, size - 1, leaf
    for sibling in path:
        must(len(sibling) == 32, "a hash of another length")
        must(last != 0, "a proof that is too long")
        if at % 2 == 1 or at == last:
            root = sha256(b"\x01" + sibling + root)
            while at % 2 == 0 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            root = sha256(b"\x01" + root + sibling)
        at, last = at >> 1, last >> 1
    must(last == 0, "a proof that is too short")
    return root


def check_note(bundle, keys):
    """The ledger's name, its size and its root."""
    note = NOTE.fullmatch(bundle["checkpoint"])
    must(note, "the checkpoint is no signed note")
    origin, size, root, name, encoded = note.groups()
    must(name.startswith(origin + "+"), "the checkpoint names another ledger")
    key = keys.get(name[len(origin) + 1 :])
    must(key, "the checkpoint names no key of the bundle")
    data = decoded(encoded)
    expected = sha256(name.encode() + b"\n\x01" + decoded(key))[:4]
    must(data[:4] == expected, "the checkpoint names another key")
    body = f"{origin}\n{size}\n{root}\n".encode()
    must(signed_by(key, body, data[4:]), "the signature of the checkpoint does not fit")
    return origin, int(size), decoded(root)


def check_seal(seal, keys, size, root):
    n = whole(seal["n"])
    statement = listed(parsed(seal["text"]))
    must(statement[0] == "grantkeep/ledger/seal/1" and whole(statement[1]) == n, f"seal {n} is another")
    months = [words(month) for month, rows, root in listed(statement[5]) if whole(rows) >= 0 and len(decoded(root)) == 32]
    must(len(months) == len(set(months)) == len(statement[5]), f"a month of seal {n} stands twice")
    must(whole(statement[3]) <= whole(statement[4]), f"seal {n} is of no batch")
    key = keys.get(words(statement[9]))
    must(key, f"seal {n} names no key of the bundle")
    signature = decoded(seal["signature"])
    must(signed_by(key, seal["text"].encode(), signature), f"the signature of seal {n} does not fit")
    path = [decoded(one) for one in listed(seal["path"])]
    must(whole(seal["index"]) == n - 1, f"seal {n} is at another place")
    found = root_of(leaf_hash(seal["text"]), n - 1, size, path)
    must(found == root, f"seal {n} is not under the checkpoint")
    return statement


def check_entry(entry, seals):
    statement = seals.get(whole(entry["seal"]))
    must(statement, f"seal {entry['seal']} is not in the bundle")
    row = listed(parsed(entry["text"]))
    must(row[0] == "grantkeep/ledger/row/1" and len(row) == 17, "an entry of another form")
    at, number, xid = whole(row[1]), whole(row[2]), whole(row[3])
    parts = {month: (rows, root) for month, rows, root in statement[5]}
    must(MONTH.fullmatch(entry["month"]) and entry["month"] in parts, f"entry {number} is of another month")
    month = datetime.fromtimestamp(at / 1000, timezone.utc).strftime("%Y-%m")
    within = statement[3] <= xid < statement[4]
    must(month == entry["month"] and within, f"entry {number} is of another batch")
    rows, root = parts[entry["month"]]
    path = [decoded(one) for one in listed(entry["path"])]
    found = root_of(leaf_hash(entry["text"]), entry["index"], rows, path)
    must(found == decoded(root), f"entry {number} is not under its seal")
    return row


def check_reviews(bundle, rows):
    """How many reviews say that they were signed off, and cite no entry that proves it."""
    unproved = 0
    for review in listed(bundle["reviews"]):
        by = review["signed_off_by"]
        words(review["id"] + review["state"] + review["task"] + review["due_at"] + ("" if by is None else by))
        texts = {field: "" if review[field] is None else words(review[field]) for field in ("findings", "note")}
        if review["entry"] is None:
            unproved += review["state"] == "signed_off"
            continue
        must(review["state"] == "signed_off", f"review {review['id']} cites an entry and was not signed off")
        must(whole(review["entry"]) < len(rows), f"review {review['id']} cites no entry")
        row = rows[review["entry"]]
        details = row[-1]
        must(row[4] == "review.signed_off" and details["review"] == review["id"], f"review {review['id']} cites another")
        for field, text in texts.items():
            digest = hashlib.sha256(text.encode()).hexdigest()
            must(digest == details[f"{field}_sha256"], f"review {review['id']} has other {field} than were signed off")
        said = (review["task"], review["due_at"], by)
        must(said == (details.get("task"), details.get("due_at"), row[8]), f"review {review['id']} is another")
    return unproved


def signed_runs(rows, keys):
    """By run the statement of its results and their number, where a key of the bundle signed it."""
    runs = {}
    for row in rows:
        try:
            details = row[-1] if row[4] == "checks.run" else {}
            statement = details["statement"]
            run, count = RESULTS.fullmatch(statement).groups()
            if signed_by(keys[details["signed_by"]], statement.encode(), decoded(details["signature"])):
                runs[run] = (statement, int(count))
        except Exception:  # An entry that proves nothing.
            continue
    return runs


def check_results(bundle, rows, keys, origin):
    """How many results of checks no entry proves; the results of a run that is cited have to be the signed ones."""
    found = {}
    for one in listed(bundle["checks"]):
        provider, run = one["provider"], one.get("run")
        line = [one["check"], "" if provider is None else provider, one["result"], one["looked_at"], one["found"]]
        found.setdefault("" if run is None else words(run), []).append([words(text) for text in line])
    runs, unproved = signed_runs(rows, keys), 0
    for run, results in found.items():
        statement, count = runs.get(run, (None, len(results) + 1))
        if len(results) < count:
            unproved += len(results)
            continue
        results.sort(key=lambda line: f"{line[0]}\n{line[1]}".encode("utf-16-be", "surrogatepass"))
        digest = hashlib.sha256(json.dumps(results, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
        said = f"grantkeep checks {origin}\nrun {run}\n{len(results)} results {digest}"
        must(said == statement, f"the results of {run} are others than were found")
    return unproved


def verify(data, trusted=None):
    """The bundle, if every part of it holds, with its key and the numbers of reviews and results that are not proved."""
    envelope = ENVELOPE.fullmatch(data)
    must(envelope, "the file is no bundle")
    text, key_id, public_key, signature = envelope.groups()
    message = b"\n".join([b"grantkeep/evidence/1", key_id, public_key, text])
    must(signed_by(public_key.decode(), message, decoded(signature.decode())), "the signature does not fit")
    must(trusted is None or trusted == public_key.decode(), "another key than the trusted one signed the bundle")
    bundle = parsed(text.decode(), ledger=False)
    must(bundle["format"] == "grantkeep/evidence/1", "the bundle has another format")
    for field in ("hub", "from", "to"):
        must(VISIBLE.fullmatch(bundle[field]), f"{field} in another form")
    keys = {words(key["id"]): words(key["public_key"]) for key in listed(bundle["keys"])}
    must(len(keys) == len(bundle["keys"]), "a key stands twice")
    must(keys.get(key_id.decode()) == public_key.decode(), "the bundle does not list its signing key")
    origin, size, root = check_note(bundle, keys)
    seals = {seal["n"]: check_seal(seal, keys, size, root) for seal in listed(bundle["seals"])}
    must(len(seals) == len(bundle["seals"]), "a seal stands twice")
    rows = [check_entry(entry, seals) for entry in listed(bundle["entries"])]
    must(len({entry["text"] for entry in bundle["entries"]}) == len(rows), "an entry stands twice")
    unproved = check_reviews(bundle, rows), check_results(bundle, rows, keys, origin)
    return bundle, public_key.decode(), *unproved


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[1], "rb") as file:
        data = file.read()
    try:
        bundle, public_key, unproved, unproved_checks = verify(data, arguments[2] if len(arguments) == 3 else None)
    except Fault as fault:
        print(f"refused: {fault}")
        return 1
    except Exception as error:  # A file that cannot be read as a bundle is none.
        print(f"refused: the bundle cannot be read ({type(error).__name__})")
        return 1
    fingerprint = hashlib.sha256(base64.b64decode(public_key)).hexdigest()[:16]
    print(f"whole: {bundle['hub']}, {bundle['from']} to {bundle['to']}")
    print(f"{len(bundle['entries'])} entries, {len(bundle['seals'])} seals, {len(bundle['reviews'])} reviews")
    if unproved:
        print(f"{unproved} reviews say that they were signed off, and cite no entry that proves it")
    if unproved_checks:
        print(f"{unproved_checks} results of checks cite no entry that proves that the hub found them")
    print(f"signed by {public_key}, fingerprint {fingerprint}")
    if len(arguments) == 2:
        print("No trusted key was given. Compare this one with the hub's, which `ledger keys` prints.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
