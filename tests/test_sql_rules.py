"""SQL that SQLite and PostgreSQL both run, and that finds nothing of another organization.

The rules stand in `jentry/store/__init__.py`; statements are read from the source.
"""

import ast
import re
from functools import cache

import pytest
from statements import RUN, Found, Reading, assigned, called, entries, literal, modules, strings

# Where a line may be for one engine only.
ENGINE = (
    "jentry.store.engines", "jentry.store.checks", "jentry.store.database",
    "jentry.store.disk", "jentry.store.migrations", "jentry.store.backup",
)  # fmt: skip

PARAMETER = r"(?:\?|:\w+)"
ATOM = r"(?:\d+|'[^']*'|(?:\w+\.)?(?!hole)[a-z_]\w*)"
END = r"\s*(?:\)|$|AND\b|OR\b|THEN\b|ORDER\b|GROUP\b|LIMIT\b|RETURNING\b|UNION\b)"

# What no statement may have: a pattern, and an example of it.
FORBIDDEN = {
    "a word of one engine": (
        r"\b(?:PRAGMA|rowid|last_insert_rowid|total_changes|changes|REPLACE|BEGIN|COMMIT|ROLLBACK"
        r"|sqlite_\w+)\b|\bINSERT OR\b",
        "INSERT OR IGNORE INTO tags (key) VALUES (?)",
    ),
    "a conflict without its target": (
        r"\bON CONFLICT\s+DO\b",
        "INSERT INTO tags (key) VALUES (?) ON CONFLICT DO NOTHING",
    ),
    "a condition that compares nothing": (
        rf"\b(?:WHERE|AND|OR|NOT|CASE\s+WHEN|HAVING|ON)\s+{ATOM}(?={END})",
        "SELECT id FROM users WHERE is_operator AND id = ?",
    ),
    "IS with a value": (
        r"\bIS\s+(?:NOT\s+)?(?!NULL\b|NOT\b)\S",
        "SELECT 1 FROM users WHERE id IS ?",
    ),
    "a value of unknown type": (
        rf"{PARAMETER}\s+IS\b|\b(?:THEN|ELSE)\s+{PARAMETER}|\blength\(\s*{PARAMETER}",
        "SELECT id FROM users WHERE ? IS NULL OR id = 1",
    ),
    "a length of unknown type": (
        rf"\bsubstr\([^()]*,\s*{PARAMETER}",
        "SELECT substr(data, 1, :bytes) FROM dictionaries",
    ),
    "a function that only SQLite has": (
        r"\b(?:json\w*|strftime|datetime|julianday|unixepoch|hex|ifnull|iif|group_concat|instr"
        r"|printf|total|quote|typeof|unhex|randomblob|zeroblob)\s*\(|->|\bGLOB\b|\bMATCH\b",
        "SELECT ifnull(name, '') FROM users",
    ),
    "max or min of two values": (
        r"\b(?:max|min)\((?:[^()]|\([^()]*\))*,",
        "SELECT max(a, b) FROM x",
    ),
    "LIKE without ESCAPE": (r"\bLIKE\s+\S+(?!\s+ESCAPE)(?=\s|$)", "SELECT 1 FROM x WHERE a LIKE ?"),
    "a division": (r"[\w)]\s*/\s*[\w(:?]", "SELECT sum(a) / count(a) FROM x"),
    "an id that is NULL": (r"\bVALUES\s*\(\s*NULL\b", "INSERT INTO x (id) VALUES (NULL)"),
    "bytes as a literal": (r"\b[xX]'", "SELECT 1 FROM x WHERE hash = x'00'"),
    "all columns": (r"\bSELECT\s+(?:\w+\.)?\*", "SELECT * FROM users"),
    "a negative limit": (r"\bLIMIT\s+-", "SELECT id FROM x ORDER BY id LIMIT -1"),
}


@cache
def found_sql():
    return [found for found in strings() if not found.module.startswith(ENGINE)]


def bare(text):
    """Without comments."""
    return re.sub(r"--.*", "", text)


def hits(pattern):
    return {f.place: " ".join(f.text.split()) for f in found_sql() if pattern.search(bare(f.text))}


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_no_statement_has(rule):
    pattern, example = FORBIDDEN[rule]
    assert re.search(pattern, example), "the rule finds its own example"
    assert hits(re.compile(pattern)) == {}


def test_most_of_the_sql_is_read():
    assert len(found_sql()) > 150


WORDS = re.compile(r"(?<![.:\w'])([a-z_]\w*)\b(?!\s*[.('])")


def unqualified(text):
    """Columns in a DO UPDATE that do not say whether they are the row's or those of `excluded`."""
    _, _, tail = bare(text).partition("DO UPDATE")
    tail = tail.partition("RETURNING")[0]
    return [
        word[1]
        for word in WORDS.finditer(re.sub(r"'[^']*'", "''", tail))
        if word[1] not in ("hole",)
        and not (
            re.search(r"(?:SET|,)\s*$", tail[: word.start()])
            and tail[word.end() :].lstrip()[:1] == "="
        )
    ]


def test_an_upsert_says_whose_columns_it_means():
    assert unqualified("ON CONFLICT (a) DO UPDATE SET n = n + excluded.n WHERE n > 1") == ["n", "n"]
    assert unqualified("ON CONFLICT (a) DO UPDATE SET n = x.n + excluded.n, b = ?") == []
    assert {f.place: u for f in found_sql() if (u := unqualified(f.text))} == {}


# Tables whose id is that of a row of another table, or which keeps the one of another server.
SHARED_IDS = {
    "event_payloads", "attachment_payloads", "file_payloads", "projects", "retired_projects",
}  # fmt: skip


def test_ids_are_made_by_the_database():
    found = [re.match(r"\s*INSERT INTO (\w+)\s*\(\s*id\b", f.text) for f in found_sql()]
    assert {match[1] for match in found if match} == SHARED_IDS


def test_a_list_with_a_limit_has_an_order():
    def is_open(text):
        return "LIMIT" in text and "ORDER BY" not in text and not re.search(r"SELECT 1\b", text)

    statements = [f for f in reached() if not f.module.startswith(ENGINE)]
    assert is_open("SELECT id FROM x LIMIT ?")
    assert {f.place for f in statements if is_open(f.text)} == set()


def test_selected_columns_are_grouped_or_aggregated():
    found = {f.place: loose for f in found_sql() if (loose := ungrouped(bare(f.text)))}
    assert ungrouped("SELECT a, b, sum(c) FROM x GROUP BY a") == ["b"]
    assert found == {}


def ungrouped(text):
    if "GROUP BY" not in text:
        return []
    select = re.search(r"SELECT(.*?)\bFROM\b", text, re.S)[1]
    groups = re.search(r"GROUP BY(.*?)(?:HAVING|ORDER BY|LIMIT|$)", text, re.S)[1]
    grouped = {column.strip() for column in split(groups)}
    columns = [re.sub(r"\s+AS\s+\w+\s*$", "", column).strip() for column in split(select)]
    return [
        c for c in columns if c not in grouped and not re.match(r"(?:sum|count|min|max|avg)\(", c)
    ]


def split(text):
    """At the commas that are in no parentheses."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def nameless(text):
    """Tables of a FROM that are a SELECT without a name: PostgreSQL wants one."""
    found = []
    for opening in re.finditer(r"\b(?:FROM|JOIN)\s+\((?=\s*SELECT\b)", text):
        depth, end = 1, opening.end()
        while depth and end < len(text):
            depth += (text[end] == "(") - (text[end] == ")")
            end += 1
        if not re.match(r"\s*(?:AS\s+)?[a-z_]+\b", text[end:]):
            found.append(" ".join(text[opening.start() : end].split()))
    return found


def test_a_select_in_a_from_has_a_name():
    assert nameless("SELECT n FROM (SELECT count(*) AS n FROM (SELECT 1 FROM a) LIMIT 1) x") == [
        "FROM (SELECT 1 FROM a)"
    ]
    everywhere = [f for f in strings() if not f.module.startswith("jentry.store.backup")]
    assert {f.place: names for f in everywhere if (names := nameless(bare(f.text)))} == {}


def untyped(text):
    """Columns that the first two parts of a UNION leave NULL: PostgreSQL makes them text."""
    parts = re.split(r"\bUNION(?: ALL)?\b", bare(text))[:2]
    columns = [split(re.search(r"SELECT(.*?)\bFROM\b", part, re.S)[1]) for part in parts]
    pairs = zip(*columns, strict=True) if len(parts) == 2 else ()
    return [pair for pair in pairs if all(re.match(r"\s*NULL\b", column) for column in pair)]


def test_the_columns_of_a_union_have_types():
    assert len(untyped("SELECT a, NULL AS b FROM x UNION SELECT c, NULL FROM y")) == 1
    found = [f for f in found_sql() if "UNION" in f.text and "SELECT" in f.text]
    assert found
    assert {f.place: pairs for f in found if (pairs := untyped(f.text))} == {}


WRITE = re.compile(r"\s*(?:INSERT|UPDATE|DELETE)\b")


def calls():
    """Each call that runs SQL: module, function, the call, and the loops around it."""
    for module in modules().values():
        if not module.name.startswith(ENGINE):
            for function in module.functions.values():
                loops = [n for n in ast.walk(function) if isinstance(n, ast.For)]
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and called(node) in RUN and node.args:
                        around = [loop for loop in loops if node in ast.walk(loop)]
                        yield Found(module.name, function.name, ""), node, around


def test_writes_that_loop_over_rows_are_one_call():
    looped = {
        found.place
        for found, call, loops in calls()
        if loops and WRITE.match(literal(call.args[0]) or "")
    }
    assert looped == set()


def sources(found, rows):
    """Of the rows, and of what was assigned to the names in it."""
    function = modules()[found.module].functions[found.function]
    names = [node.id for node in ast.walk(rows) if isinstance(node, ast.Name)]
    values = [value for name in names for value in assigned(function, name)]
    return " ".join(ast.unparse(node) for node in (rows, *values))


def test_rows_that_others_may_hold_are_written_in_one_order():
    """Two transactions that lock the same rows in the same order never wait for each other."""
    unsorted = {
        found.place
        for found, call, _ in calls()
        if called(call) in ("executemany", "putmany")
        and re.search(r"\bUPDATE\b|\bON CONFLICT\b", literal(call.args[0]) or "")
        and "sorted(" not in sources(found, call.args[1])
    }
    assert unsorted == set()


def test_nothing_is_tried_and_then_done_in_another_way():
    """On PostgreSQL a statement that failed ends its transaction."""
    caught = {
        f"{module.name}: {ast.unparse(node.type)}"
        for module in modules().values()
        if not module.name.startswith(ENGINE)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and node.type is not None
        if re.search(r"sqlite3|IntegrityError|\berrors\(|\bError\b", ast.unparse(node.type))
    }
    assert caught == set()


# -- Organizations -----------------------------------------------------------------------------

NAMES_ONE = re.compile(
    r"\borg_id\s*=\s*(?:\?|:org_id)|\borganizations\b.*\bid = :org_id"
    r"|INSERT INTO \w+\s*\([^)]*\borg_id\b[^)]*\)\s*VALUES",
    re.S,
)

# Tables whose rows are of no organization, and what stands between them and a stranger.
OF_NO_ORGANIZATION = {
    "instance": "the database as a whole",
    "users": "an account may be in several organizations; what is shown of it goes by memberships",
    "password_links": "found by the secret of the link, or by the person",
    "user_sessions": "the person's own, found by the secret of the cookie",
    "second_factors": "the person's own",
    "recovery_codes": "the person's own",
    "sign_in_attempts": "counters of nobody in particular",
    "idempotency_keys": "an API token's own answers, by the id of the token that was authenticated",
}
# Statements that look for something before, or without, an organization.
EXEMPT = {
    "arrivals.end": "an id, where the walk through the events of all goes on",
    "instance.is_empty": "whether there is any organization at all",
    "orgs.create": "an organization that is only now made",
    "orgs.list_all": "for whoever runs the server",
    "orgs._is_taken": "slugs are unique over all organizations",
    "client_keys.free": "public keys are unique over all organizations",
    "projects._insert": "org_id is one of the columns it is given",
    "projects._is_taken": "ids are unique over all organizations",
    "payloads.dictionary": "its id stands in a payload that was found already",
    "users.organizations_of": "whatever concerns the person, not one organization",
    "orgs.of_user": "whatever concerns the person, not one organization",
    "invitations.find": "the secret says which organization",
    "tokens.authenticate": "the secret says which organization",
    "tokens.spend": "of a token that was authenticated",
    "sending.has_waiting": "of a whole file that was restored",
    "sending.cancel_all": "of a whole file that was restored",
    "optouts.channel": "the link of a mail, which is signed, says which channel",
    "optouts.add": "the link of a mail, which is signed, says which channel",
    "issues.org_of": "for whoever runs the server and knows only an issue's id",
    "usage.of_organization": "the organization's own row, by its id",
    "usage.growth": "of the whole file; shown to its only organization",
    "usage.is_alone": "how many organizations there are",
    "optouts.remove": "the link of a mail, which is signed, says which channel",
    "splits._newest": "of parts that were found in the organization",
    "splitting.begin": "of hashes that were found in the organization",
    "parts.are_any": "whether a search has to ask for parts at all",
    "part_sums.shared_users": "of parts that were found in the organization",
    "part_sums.distinct": "of parts that were found in the organization",
    "part_sums.users_without": "of parts that were found in the organization",
    "part_sums.count_releases": "of parts that were found in the organization",
    "operations._remember": "of an operation that was made, and issues that were found, in it",
    "conditions.put": "of issues that were found in the organization",
    "issue_writes.set_status": "of issues that were found in the organization",
    "issue_writes.put_back": "of issues that were found in the organization",
    "issue_writes.assign": "of issues that were found in the organization",
    "issue_search._tags_of": "in the scope that it is given",
    "tokens.org_of": "for whoever runs the server and knows only a token's id",
}
CALLERS = ("api", "web", "sentry_api", "mcp", "cli")


@cache
def reached():
    reading = Reading()
    for target in entries(*CALLERS):
        reading.follow(target)
    return reading.statements


def tables(text):
    return set(re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)", text))


def needs_an_organization(found):
    return not NAMES_ONE.search(found.text) and not tables(found.text) <= OF_NO_ORGANIZATION.keys()


def test_every_statement_reached_from_outside_names_the_organization():
    nameless = {
        found.place: " ".join(found.text.split())
        for found in reached()
        if not found.module.startswith(ENGINE) and needs_an_organization(found)
    }
    assert {place: text for place, text in nameless.items() if place not in EXEMPT} == {}
    assert EXEMPT.keys() - nameless.keys() == set(), "no longer needed"


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("SELECT id FROM projects WHERE org_id = ? AND id = ?", True),
        ("UPDATE issues SET status = ? WHERE id = ?", False),
        ("SELECT org_id FROM projects WHERE id = ?", False),
        ("SELECT t.id FROM api_tokens t JOIN memberships m ON m.org_id = t.org_id", False),
        ("INSERT INTO audit_log (org_id, action) VALUES (:org_id, :action)", True),
        ("INSERT INTO comments (issue_id, text) VALUES (?, ?)", False),
        ("UPDATE users SET name = ? WHERE id = ?", True),
    ],
)
def test_what_names_an_organization(text, is_named):
    assert needs_an_organization(Found("jentry.store.x", "f", text)) != is_named


@pytest.mark.parametrize(
    ("place", "part"),
    [
        pytest.param("user_reports._page", "WHERE r.project_id =", id="what a caller hands over"),
        pytest.param("paging._total", "FROM audit_log WHERE org_id", id="and its caller's"),
        pytest.param("issues.mute", "FROM issues i", id="a constant of another module"),
        pytest.param("bulk.choose", "i.status = :status", id="what a function says"),
        pytest.param("paging.read", "ORDER BY 1 DESC, 2 DESC", id="what was assigned to a name"),
    ],
)
def test_statements_are_put_together_as_the_program_does(place, part):
    assert any(part in " ".join(f.text.split()) for f in reached() if f.place == place)
