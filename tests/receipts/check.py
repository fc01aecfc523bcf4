"""Checks a signed result, and checkpoints, with another program's cryptography.

    check.py receipt PAYLOAD JWS JWKS
    check.py checkpoints FILE JWKS
"""

import base64
import datetime
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def keys(path):
    with open(path, encoding="utf-8") as file:
        return {it["kid"]: Ed25519PublicKey.from_public_bytes(decode(it["x"])) for it in json.load(file)["keys"]}


def receipt(payload_path, jws_path, keys_path):
    with open(payload_path, "rb") as file:
        payload = file.read()
    with open(jws_path, encoding="ascii") as file:
        header, nothing, signature = file.read().strip().split(".")
    said = json.loads(decode(header))
    assert nothing == "" and said["alg"] == "EdDSA", said
    keys(keys_path)[said["kid"]].verify(decode(signature), f"{header}.{encode(payload)}".encode())
    result = json.loads(payload)
    # Canonical: keys in order, no blanks, no escapes that are not needed.
    again = json.dumps(result, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert again == payload, "the payload is not canonical"
    print(result["subject"]["id"], result["status"], result["score"])


def moment(text):
    whole, _, part = text.rstrip("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return int(at.timestamp()) * 1_000_000 + int(part.ljust(6, "0") or 0)


def checkpoints(path, keys_path):
    known = keys(keys_path)
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(it) for it in file]
    for it in lines:
        parts = [
            b"steelyard/checkpoint/v1",
            it["county"].encode(),
            it["count"].to_bytes(8, "big"),
            bytes.fromhex(it["head"]),
            moment(it["time"]).to_bytes(8, "big", signed=True),
        ]
        message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        known[it["key"]].verify(decode(it["signature"]), message)
    print(len(lines), "checkpoints")


try:
    {"receipt": receipt, "checkpoints": checkpoints}[sys.argv[1]](*sys.argv[2:])
except InvalidSignature:
    sys.exit("the signature is not good")
