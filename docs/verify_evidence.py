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
    "([^\n]{1,300})\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n\n\u2014 ([^\\s]+) ([A-Za-z0-9+/]{91}=)\n"
)


class Fault(Exception):
    """What does not hold."""


def must(holds, fault):
    if not holds:
        raise Fault(fault)


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
    must(0 <= index < size, "a place outside of its tree")
    at, last, root = index, size - 1, leaf
    for sibling in path:
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
    return int(size), decoded(root)


def check_seal(seal, keys, size, root):
    n = seal["n"]
    statement = json.loads(seal["text"])
    must(statement[0] == "grantkeep/ledger/seal/1" and statement[1] == n, f"seal {n} is another")
    key = keys.get(statement[9])
    must(key, f"seal {n} names no key of the bundle")
    signature = decoded(seal["signature"])
    must(signed_by(key, seal["text"].encode(), signature), f"the signature of seal {n} does not fit")
    path = [decoded(one) for one in seal["path"]]
    found = root_of(leaf_hash(seal["text"]), seal["index"], size, path)
    must(found == root, f"seal {n} is not under the checkpoint")
    return statement


def check_entry(entry, seals):
    statement = seals.get(entry["seal"])
    must(statement, f"seal {entry['seal']} is not in the bundle")
    row = json.loads(entry["text"])
    must(row[0] == "grantkeep/ledger/row/1", "an entry of another form")
    _, at, number, xid = row[:4]
    parts = {month: (rows, root) for month, rows, root in statement[5]}
    must(entry["month"] in parts, f"entry {number} is of another month")
    month = datetime.fromtimestamp(at / 1000, timezone.utc).strftime("%Y-%m")
    must(month == entry["month"] and statement[3] <= xid < statement[4], f"entry {number} is of another batch")
    rows, root = parts[entry["month"]]
    path = [decoded(one) for one in entry["path"]]
    found = root_of(leaf_hash(entry["text"]), entry["index"], rows, path)
    must(found == decoded(root), f"entry {number} is not under its seal")
    return row


def check_reviews(bundle, rows):
    for review in bundle["reviews"]:
        if review["entry"] is None:
            continue
        must(0 <= review["entry"] < len(rows), f"review {review['id']} cites no entry")
        row = rows[review["entry"]]
        details = row[-1]
        must(row[4] == "review.signed_off" and details["review"] == review["id"], f"review {review['id']} cites another")
        for field in ("findings", "note"):
            digest = hashlib.sha256((review[field] or "").encode()).hexdigest()
            must(digest == details[f"{field}_sha256"], f"review {review['id']} has other {field} than were signed off")


def verify(data, trusted=None):
    """The bundle, if every part of it holds."""
    envelope = ENVELOPE.fullmatch(data)
    must(envelope, "the file is no bundle")
    text, key_id, public_key, signature = envelope.groups()
    message = b"\n".join([b"grantkeep/evidence/1", key_id, public_key, text])
    must(signed_by(public_key.decode(), message, decoded(signature.decode())), "the signature does not fit")
    must(trusted is None or trusted == public_key.decode(), "another key than the trusted one signed the bundle")
    bundle = json.loads(text)
    must(bundle["format"] == "grantkeep/evidence/1", "the bundle has another format")
    keys = {key["id"]: key["public_key"] for key in bundle["keys"]}
    must(keys.get(key_id.decode()) == public_key.decode(), "the bundle does not list its signing key")
    size, root = check_note(bundle, keys)
    seals = {seal["n"]: check_seal(seal, keys, size, root) for seal in bundle["seals"]}
    rows = [check_entry(entry, seals) for entry in bundle["entries"]]
    check_reviews(bundle, rows)
    return bundle, public_key.decode()


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[1], "rb") as file:
        data = file.read()
    try:
        bundle, public_key = verify(data, arguments[2] if len(arguments) == 3 else None)
    except Fault as fault:
        print(f"refused: {fault}")
        return 1
    except Exception as error:  # A file that cannot be read as a bundle is none.
        print(f"refused: the bundle cannot be read ({type(error).__name__})")
        return 1
    fingerprint = hashlib.sha256(base64.b64decode(public_key)).hexdigest()[:16]
    print(f"whole: {bundle['hub']}, {bundle['from']} to {bundle['to']}")
    print(f"{len(bundle['entries'])} entries, {len(bundle['seals'])} seals, {len(bundle['reviews'])} reviews")
    print(f"signed by {public_key}, fingerprint {fingerprint}")
    if len(arguments) == 2:
        print("No trusted key was given. Compare this one with the hub's, which `ledger keys` prints.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
