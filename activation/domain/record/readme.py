"""The README of a record: what is inside, and how to verify it with our tool, or with none of ours."""

from activation.domain.record.verify import RECORD_TYPE

TEXT = """ACTIVATION RECORD
=================

{about}

WHAT IS INSIDE
  summary.pdf, summary.html   the report to read first; both say the same
  manifest.json               every file with its size and SHA-256, what was asked for, which events it holds; signed
  events.jsonl                the audit trail, one event a line; this file is the authoritative one
  events.csv                  the same for a spreadsheet (RFC 4180, UTF-8). A cell that begins with = + - @ TAB or CR
                              has ' before it, so that no spreadsheet takes it for a formula
  checkpoints.jsonl           signed statements of how far the trail went, made while it was written
  public_key.pem, keys/       the key that signed, and earlier ones that signed checkpoints
  activations/ID/             activation.json: the activation and its seven ARNs; region.json: its cloud region:
                              network, trust proof or lint and which of the two, room, what was seen from outside,
                              hand-over, who confirmed it
  runs/ID/                    run.json, plan.txt and plan.json with the plan's SHA-256, log.txt (secrets masked before
                              anything was stored), terraform.tfvars without secrets, inventory.json
  packages/SHA256/            what Terraform ran: its files and the hashes of the providers it locks
  access.csv                  who had access when the record was asked for (records of a period)
  verify.py                   verifies all of this; one file, Python's standard library and `cryptography`

The external ID is shown shortened everywhere. Keys, states and sealed plans are in no record. Times are UTC.

HOW TO VERIFY
  1. Unpack into a new folder, here `record`, and open a terminal beside it (not in it: what else lies there must not
     be run by chance).
  2. python -m pip install cryptography       (once; any version since 3.1)
  3. Compare the SHA-256 of record/verify.py with the one on the record's page: a changed one says what it likes.
  4. python record/verify.py --fingerprint F --organization ID
         F    the key's fingerprint, from the portal's Records page or from `manage.py signing_key`, not from here
         ID   the organization's ID, from the record's page: the key signs the records of every organization there

  It exits with 0 only when everything holds, and names what does not: the file, and in the events the number.
  Without --fingerprint the answer is "intact under key F; author not established"; without --organization it may be
  a true record of somebody else: read whose in the first line.

HOW TO VERIFY WITHOUT verify.py (a POSIX shell, OpenSSL 3)
  The manifest is a DSSE envelope (github.com/secure-systems-lab/dsse), signed with Ed25519.

  sed 's/.*"payload":"\\([^"]*\\)".*/\\1/' manifest.json | openssl base64 -d -A > /tmp/payload.json
  sed 's/.*"sig":"\\([^"]*\\)".*/\\1/' manifest.json | openssl base64 -d -A > /tmp/signature
  {{ printf 'DSSEv1 {length} {payload_type} %d ' "$(wc -c < /tmp/payload.json)"; cat /tmp/payload.json; }} > /tmp/signed
  openssl pkeyutl -verify -pubin -inkey public_key.pem -rawin -in /tmp/signed -sigfile /tmp/signature

  The key's fingerprint, to be compared with the one from the portal:
  openssl pkey -pubin -in public_key.pem -outform DER | tail -c 32 | openssl dgst -sha256

  The files, each as the manifest names it (nothing but manifest.json may be there beside them):
  tr '{{' '\\n' < /tmp/payload.json |
    sed -n 's/^"name":"\\([^"]*\\)","sha256":"\\([^"]*\\)".*/\\2  \\1/p' | sha256sum -c

  Each event's hash is SHA-256 over a zero byte and the event's line without its member "hash"; prev_hash is the hash
  of the event before it.
"""


def readme(about: str) -> bytes:
    """Return the README of a record; `about` says in a sentence what it is a record of."""
    return TEXT.format(about=about, payload_type=RECORD_TYPE, length=len(RECORD_TYPE)).encode()
