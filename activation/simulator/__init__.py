"""A local AWS for the demo, the walkthrough and the tests.

moto runs inside the process and listens nowhere. In front of it, `front` checks every call as AWS would: signature and
session (`signature`, `directory`), what a kind of key may do at all and what the caller's policies let it do
(`authorization`, `policy`, `conditions`), IAM's quotas (`limits`). `sts` answers the token service itself and reads
real trust policies (`trust`); `simulation` adds SimulatePrincipalPolicy. Every change is journaled and replayed at the
next start (`backend`, `journal`); `corrections` puts right what moto does otherwise than AWS. Every call is recorded
(`recording`), and faults can be ordered (`faults`) over the control plane (`control`; `client` for those who ask).

Start it with `python -m activation.simulator --directory DIR [--port N] [--lifeline-fd N]`; nothing else of the
product imports it, but for `client`, which needs only the standard library.
"""
