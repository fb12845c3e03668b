"""A person hears of it: rules, composing, channels.

    happenings (ingestion) -> decide: rules, throttle -> alerts -> batches -> deliveries -> senders

`notifier.py` goes through this once a second, one process for a database. `store/outbox.py` and
`store/sending.py` have its SQL; `rules.py`, `wording.py`, `mail.py`, `webhook.py` and `chat.py` are
pure but for sending. What is answered is one of `outcome.py`.

Promise: what was answered 200 and matches a rule is told at least once. A second copy is possible
only of messages that were on their way when the process died, with the same Message-ID or
webhook-id. Given up after 24 hours, visibly.
"""
