"""Generated requests, as the document says and as it forbids: what comes back is what it says.

No 5xx, no status or header or body that is not in the document, nothing forbidden is accepted,
nothing is answered without a token.
"""

from dataclasses import replace

import factories
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as effort
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from jentry import clock, create_app
from jentry.api.document import kept
from jentry.settings import Settings
from jentry.store import connection

OPERATIONS = [
    f"{method.upper()} {path}"
    for path, methods in kept()["paths"].items()
    for method in methods
    if path != "/openapi.json"
]
THERE = {  # what addresses name, most of it there
    "projectId": 1, "issueId": 1, "keyId": 1, "end": "latest", "version": "web@1.4.3",
}  # fmt: skip
IDENTITY = {"Accept-Encoding": "identity"}  # the client does not decompress


@pytest.fixture(scope="module")
def fuzzed(own_database):
    """The document's operations by name, and the headers of a client that may do everything."""
    db = connection.connect(own_database, write=True)
    with connection.transaction(db):
        org = factories.org(db)
        owner = factories.user(db, org)
        project = factories.project(db, org)
        for _ in range(3):
            factories.issue(db, project)
    token = factories.token(db, org, owner, last_used_at=clock.timestamp(factories.NOW))
    db.close()
    app = create_app(replace(Settings(), db=own_database, api_rate=10**9))
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    document.config.generation.update(with_security_parameters=False)
    operations = {found.ok().label: found.ok() for found in document.get_all_operations()}
    return operations, {"Authorization": f"Bearer {token}"}


def cases(operation, mode):
    anywhere = operation.as_strategy(mode, headers=IDENTITY)
    named = {p.name: THERE[p.name] for p in operation.path_parameters if p.name in THERE}
    has_more = operation.query or operation.body
    if not named or (mode is GenerationMode.NEGATIVE and not has_more):
        return anywhere
    return st.one_of(operation.as_strategy(mode, headers=IDENTITY, path_parameters=named), anywhere)


def may_refuse(case):
    """What a schema cannot tell: whom an issue can be assigned to, that 3.0 is no id, what an
    address, a pattern or a schedule must be; which cursors were given out, that times have order.
    """
    bound = {"cursor", "since", "until", "value"}
    return case.method != "GET" or not bound.isdisjoint(case.query or {})


def attack(operation, headers, mode, number, examples):
    load_all_checks()

    @seed(number)
    @effort(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, mode))
    def request(case):
        excluded = [positive_data_acceptance] if may_refuse(case) else []
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    if mode is GenerationMode.POSITIVE or has_values(operation):
        request()


def has_values(operation):
    """Something in its requests can be wrong."""
    return operation.path_parameters or operation.query or operation.body


# What is wrong with a request is said by few places: one operation in so many asks for all.
SHARE = 3
ONE_REQUEST = [
    pytest.param(
        name,
        mode,
        marks=pytest.mark.exhaustive if mode is GenerationMode.NEGATIVE and number % SHARE else [],
    )
    for number, name in enumerate(OPERATIONS)
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
]


@pytest.mark.parametrize(("name", "mode"), ONE_REQUEST)
def test_an_operation_keeps_to_the_document(fuzzed, name, mode):
    operations, headers = fuzzed
    attack(operations[name], headers, mode, 1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("number", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_keeps_to_the_document_whatever_is_tried(fuzzed, name, number, mode):
    operations, headers = fuzzed
    attack(operations[name], headers, mode, number, 100)
