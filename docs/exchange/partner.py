#!/usr/bin/env python3
"""Call the exchange of a Shekara portal as a partner does. Needs only Python 3.11 and `cryptography`; shares no code.

    partner.py PORTAL own.pem office.pem submit violation KG-1 violation.json
    partner.py PORTAL own.pem office.pem receipt MESSAGE-ID
    partner.py PORTAL own.pem office.pem violations [CURSOR]
    partner.py PORTAL own.pem office.pem query NUMBER PURPOSE LEGAL-BASIS

`own.pem` holds the partner's P-256 key and certificate, `office.pem` the certificate of the office, got from it
otherwise than through this connection. Prints what was answered, as JSON. Ends with status 0 when the answer and each
receipt in it are signed by the office, 1 when not or when the portal refused, 2 for wrong arguments.
"""

import hashlib
import json
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64decode, b64encode, urlsafe_b64decode

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

WINDOW = 300  # seconds
ANSWER = '("@status" "content-type" "signature";req;key="sig" "content-digest")'


class Caller:
    def __init__(self, portal, own, office):
        self.portal = portal.rstrip("/")
        self.key = load_pem_private_key(own, None)
        self.certificate = x509.load_pem_x509_certificate(own)
        self.office = x509.load_pem_x509_certificate(office)

    def call(self, method, path, body=b""):
        """Return the status, content type and body of an answer, which the office has signed."""
        url = urllib.parse.urlsplit(self.portal + path)
        signed = self.sign(method, url, body)
        request = urllib.request.Request(url.geturl(), body or None, signed, method=method)  # noqa: S310 as it was given
        try:
            answer = urllib.request.urlopen(request, timeout=30)  # noqa: S310
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            content = answer.read()
            self.check_answer(answer.status, answer.headers, content, signed["Signature"])
            return answer.status, content

    def sign(self, method, url, body):
        """Return the headers that sign a request: RFC 9421, over what stands in `lines`."""
        lines = {"@method": method, "@authority": url.netloc.lower(), "@path": url.path, "@query": f"?{url.query}"}
        headers = {"Content-Type": "application/json"} if body else {}
        if body:
            lines["content-digest"] = headers["Content-Digest"] = f"sha-256=:{base64(hashlib.sha256(body).digest())}:"
        now = int(time.time())  # noqa: TID251 a program of its own
        parameters = (
            f"({' '.join(quoted(name) for name in lines)})"
            f';created={now};keyid="{fingerprint(self.certificate)}";alg="ecdsa-p256-sha256"'
            f';expires={now + WINDOW};nonce="{secrets.token_urlsafe(18)}";tag="shekara-exchange"'
        )
        base = "\n".join([f"{quoted(name)}: {value}" for name, value in lines.items()])
        base += f'\n"@signature-params": {parameters}'
        r, s = decode_dss_signature(self.key.sign(base.encode(), ec.ECDSA(hashes.SHA256())))
        signature = base64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return {**headers, "Signature-Input": f"sig={parameters}", "Signature": f"sig=:{signature}:"}

    def check_answer(self, status, headers, body, request_signature):
        """Make sure that the office signed this answer to this request. Raises ValueError, InvalidSignature."""
        parameters = (headers["Signature-Input"] or "").removeprefix("sig=")
        if not parameters.startswith(ANSWER) or f'keyid="{fingerprint(self.office)}"' not in parameters:
            raise ValueError(f"the answer is not signed by the office: {status} {body.decode(errors='replace')}")
        created = int(parameters.partition(";created=")[2].partition(";")[0])
        digest = f"sha-256=:{base64(hashlib.sha256(body).digest())}:"
        if abs(time.time() - created) > WINDOW or headers["Content-Digest"] != digest:  # noqa: TID251
            raise ValueError("the answer is not of now, or not as it was signed")
        base = (
            f'"@status": {status}\n"content-type": {headers["Content-Type"]}\n'
            f'"signature";req;key="sig": {request_signature.removeprefix("sig=")}\n'
            f'"content-digest": {digest}\n"@signature-params": {parameters}'
        )
        self.verify(b64decode(headers["Signature"].removeprefix("sig=:").removesuffix(":")), base.encode())

    def read_receipt(self, receipt):
        """Return what a receipt says: a compact JWS (RFC 7515) of the office. Raises ValueError, InvalidSignature."""
        header, payload, signature = receipt.split(".")
        stated = json.loads(from_base64(header))
        if (stated["alg"], stated["kid"]) != ("ES256", fingerprint(self.office)):
            raise ValueError("the receipt is not signed by the office")
        self.verify(from_base64(signature), f"{header}.{payload}".encode())
        return json.loads(from_base64(payload))

    def verify(self, signature, signed):
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        self.office.public_key().verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))


def envelope(kind, subject, body, sequence):
    """Return the bytes of a message. The digest is over the very bytes of the body as they stand in the message."""
    digest = hashlib.sha256(body).hexdigest()
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    head = {"id": secrets.token_hex(16), "sequence": sequence, "kind": kind, "subject": subject, "created": created}
    return json.dumps({**head, "digest": digest}).encode()[:-1] + b', "body": ' + body + b"}"


def submit(caller, kind, subject, file):
    with open(file, "rb") as opened:
        body = opened.read().strip()
    message = envelope(kind, subject, body, int(time.time()))  # noqa: TID251 a program of yours counts 1, 2, 3 ...
    status, content = caller.call("POST", "/exchange/v1/submissions", b'{"messages":[' + message + b"]}")
    answered = json.loads(content)
    for each in answered.get("answers", []):
        if each.get("receipt"):
            each["says"] = caller.read_receipt(each["receipt"])
            if each["says"]["digest"] != hashlib.sha256(message).hexdigest():
                raise ValueError("the receipt is for other bytes")
    return status, answered


def receipt(caller, message_id):
    status, content = caller.call("GET", f"/exchange/v1/receipts/{urllib.parse.quote(message_id)}")
    return status, caller.read_receipt(content.decode()) if status == 200 else json.loads(content)


def violations(caller, cursor=""):
    status, content = caller.call("GET", f"/exchange/v1/violations?{urllib.parse.urlencode({'after': cursor})}")
    return status, json.loads(content)


def query(caller, number, purpose, legal_basis):
    asked = json.dumps({"number": number, "purpose": purpose, "legal_basis": legal_basis}).encode()
    status, content = caller.call("POST", "/exchange/v1/queries", asked)
    return status, json.loads(content)


def fingerprint(certificate):
    return certificate.fingerprint(hashes.SHA256()).hex()


def quoted(name):
    return f'"{name}"'


def base64(data):
    return b64encode(data).decode()


def from_base64(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


COMMANDS = {"submit": submit, "receipt": receipt, "violations": violations, "query": query}


def main(arguments):
    try:
        portal, own, office, command, *rest = arguments
        wanted = COMMANDS[command]
        with open(own, "rb") as own_file, open(office, "rb") as office_file:
            caller = Caller(portal, own_file.read(), office_file.read())
    except (ValueError, KeyError, OSError):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        status, answered = wanted(caller, *rest)
    except (ValueError, InvalidSignature, OSError) as error:
        print(f"not believed: {error!r}", file=sys.stderr)
        return 1
    print(json.dumps(answered, ensure_ascii=False, indent=2))
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
