"""Tokens of well-known services, which say by their beginning what they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jentry.ingest.scrubbing.rows import FILTERED, Budget, Look, Row

BEFORE = r"(?<![0-9A-Za-z])"
AFTER = r"(?![0-9A-Za-z])"


@dataclass(frozen=True, slots=True)
class Token(Row):
    """What begins with one of `starts` and goes on like `then`: a regular expression.

    To stay linear, only the last run of `then` may be without a bound: it is taken for a token
    whatever comes after it. `is_found` says whether a start means anything, from what follows it.
    """

    starts: tuple[str, ...] = ()
    then: str = ""


def _token(title: str, starts: str, then: str, example: str, *stays: str) -> Token:
    goes = tuple(f"⟦{start}{example}⟧" for start in starts.split())
    return Token(title, goes, stays, tuple(starts.split()), then)


WORD = r"[0-9A-Za-z_-]"
TOKENS = (
    _token("AWS access keys", "AKIA ASIA", "[0-9A-Z]{16}" + AFTER, "{upper:16}", "AKIA is how"),
    _token("AWS Bedrock", "ABSK", r"[\w+/=]{60,}", "{alnum:109}"),
    _token("Google API keys", "AIza", r"[\w-]{30,}", "{alnum:35}"),
    _token("Google OAuth", "ya29. GOCSPX-", r"[\w-]{20,}", "{alnum:28}"),
    _token("GitHub", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"\w{16,}", "{alnum:36}",
           "github_path"),
    _token("GitLab", "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent- gloas- glimt- "
           "glffct-", r"[\w.-]{16,}", "{alnum:20}", "glpat-short"),
    _token("Bitbucket, Atlassian", "ATBB ATATT3 ATCTT3", r"[\w=-]{24,}", "{alnum:60}"),
    _token("Slack", "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxe.xoxp- xoxe.xoxb- xapp-",
           r"[0-9A-Za-z-]{10,}", "1-{alnum:40}"),
    _token("Slack webhooks", "hooks.slack.com/services/ hooks.slack.com/workflows/", r"[\w/]{20,}",
           "T{upper:8}/B{upper:8}/{alnum:24}"),
    _token("Discord webhooks", "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
           r"\d{10,24}/[\w-]{20,}", "{digits:18}/{alnum:68}"),
    _token("Teams webhooks", "webhook.office.com/webhookb2/", r"[\w@/-]{20,}", "{hex:32}@{hex:32}"),
    _token("Stripe", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"[0-9A-Za-z+/=]{8,}",
           "{alnum:24}", "risk_test_results", "whsec_ is the prefix"),
    _token("Square", "sq0atp- sq0csp- EAAA", r"[\w-]{22,}", "{alnum:60}"),
    _token("PayPal, Braintree", "access_token$production$ access_token$sandbox$",
           r"[0-9A-Za-z$]{20,}", "{hex:16}${hex:32}"),
    _token("Shopify", "shpat_ shpss_ shpca_ shppa_ shptka_", r"[0-9A-Za-z]{20,}", "{hex:32}"),
    _token("Plaid", "access-sandbox- access-production- access-development-", r"[0-9a-f-]{36}",
           "{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}"),
    _token("Razorpay, Flutterwave, Paystack, Mollie",
           "rzp_live_ rzp_test_ FLWSECK- FLWSECK_TEST- FLWPUBK- test_sk_ live_sk_ "
           "live_ test_", r"[0-9A-Za-z]{14,}-?X?", "{alnum:32}", "test_scrubbing.py"),
    _token("npm", "npm_", r"[0-9A-Za-z]{30,}", "{alnum:36}", "npm_config_cache"),
    _token("PyPI", "pypi-", r"[\w-]{40,}", "{alnum:60}", "pypi-server"),
    _token("RubyGems", "rubygems_", r"[0-9a-f]{40,}", "{hex:48}", "rubygems_version"),
    _token("crates.io", "cio", r"[0-9A-Za-z]{32}" + AFTER, "{alnum:32}"),
    _token("NuGet", "oy2", r"[0-9a-z]{43}" + AFTER, "{hex:43}"),
    _token("Docker Hub", "dckr_pat_ dckr_oat_", r"[\w-]{20,}", "{alnum:27}"),
    _token("HashiCorp Vault", "hvs. hvb. hvr.", r"[\w-]{20,}", "{alnum:24}"),
    _token("Doppler", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[\w.-]{20,}",
           "{alnum:43}"),
    _token("DigitalOcean", "dop_v1_ doo_v1_ dor_v1_", r"[0-9a-f]{40,}", "{hex:64}"),
    _token("Heroku", "HRKU-", r"[\w-]{30,}", "{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}"),
    _token("Fly.io", "fo1_ fm1_ fm2_ fm1r_ fm1a_", r"[\w+/=,-]{40,}", "{alnum:43}"),
    _token("Netlify, Vercel, Supabase, Render, Railway, Cloudflare",
           "nfp_ nfc_ nfo_ vercel_blob_rw_ vcp_ vca_ sbp_ sb_secret_ rnd_ cfut_ cfat_",
           r"[0-9A-Za-z]{16}\w*+", "{alnum:40}"),
    _token("PlanetScale, Neon, Aiven, CockroachDB",
           "pscale_tkn_ pscale_pw_ pscale_oauth_ napi_ AVNS_ CCDB1_", r"[0-9A-Za-z]{18,}",
           "{alnum:43}", "napi_create_external_arraybuffer"),
    _token("Databricks", "dapi", r"[0-9a-f]{32}(?:-\d)?" + AFTER, "{hex:32}", "dapi_version"),
    _token("Snyk, SonarQube, Codecov, CircleCI, Buildkite, Travis, Jenkins",
           "snyk_uat. squ_ sqp_ sqa_ CCIPAT_ CCIPRJ_ bkua_ bkpt_ bkaj_", r"[\w.-]{30,}",
           "{hex:40}"),
    _token("SendGrid", "SG.", r"[\w-]{16,32}\.[\w-]{16,}", "{alnum:22}.{alnum:43}", "SG.tools"),
    _token("Mailgun", "key-", r"[0-9a-f]{32}" + AFTER, "{hex:32}", "key-value-store"),
    _token("Brevo, Resend, MailerSend", "xkeysib- xsmtpsib- mlsn. re_",
           r"[0-9A-Za-z]{6}(?=[0-9A-Za-z]{0,24}[_-]?[0-9A-Za-z]{20})[\w-]*+", "{hex:64}",
           "re_entrant"),
    _token("Twilio", "SK", r"[0-9a-f]{32}" + AFTER, "{hex:32}", "SKU-45650"),
    _token("OpenAI, Anthropic and who spells theirs alike", "sk-",
           r"(?=[\w-]{0,32}?\d)(?:[a-z]{2,8}[0-9]{0,2}-){0,3}[0-9A-Za-z_-]{20,}", "{alnum:48}",
           "sk-toolbar-button-primary", "risk-assessment-for-customers-2026"),
    _token("Hugging Face, Replicate, Groq, xAI, Perplexity, Fireworks, Together",
           "hf_ r8_ gsk_ xai- pplx- fw_ tgp_v1_ csk- nvapi- jina_ tvly- cpk_", r"[0-9A-Za-z]{30,}",
           "{alnum:52}", "hf_transfer"),
    _token("LangSmith, Langfuse, Weights & Biases", "lsv2_pt_ lsv2_sk_ ls__ wandb_v1_ sk-lf-",
           r"[\w-]{30,}", "{hex:42}"),
    _token("New Relic, Honeycomb, Dynatrace, PagerDuty",
           "NRAK- NRJS- NRRA- NRIQ- NRII- hcaik_ hcbik_ hcxik_ hcamk_ dt0c01. dt0s01. "
           "dt0s16.", r"[\w.-]{18,}", "{upper:40}"),
    _token("Grafana", "glsa_ glc_", r"[\w+/=-]{30,}", "{alnum:42}"),
    _token("Sentry", "sntrys_ sntryu_ sntrya_", r"[\w+/=-]{30,}", "{hex:64}"),
    _token("jentry", "jto_", r"[\w-]{16,}", "{alnum:40}"),
    _token(
           "Linear, Notion, Airtable, Figma, Postman, Typeform, ClickUp, monday, HubSpot, "
           "Contentful",
           "lin_api_ lin_oauth_ ntn_ secret_ figd_ figo_ tfp_ pat-na1- pat-eu1- CFPAT-",
           r"[0-9A-Za-z]{30}[\w-]*+", "{alnum:44}", "secret_santa_2026_participants"),
    _token("Postman", "PMAK-", r"[0-9a-f]{16}[0-9a-f-]*+", "{hex:24}-{hex:34}", "PMAK-1"),
    _token("Facebook, Instagram", "EAAC EAAB EAAG EAAD IGQV IGQW IGAA", r"[0-9A-Za-z]{60,}",
           "{alnum:120}", "EAAD is short"),
    _token("PASETO", "v1.local. v2.local. v3.local. v4.local. v1.public. v2.public. v3.public. "
           "v4.public.", r"[\w.-]{20,}", "{alnum:80}"),
    _token("age, Minisign, Tailscale, 1Password, Bitwarden, Pulumi",
           "AGE-SECRET-KEY- tskey-auth- tskey-api- tskey-client- tskey-scim- ops_ pul-",
           r"[\w-]{24,}", "{upper:58}"),
    _token("Hashes of passwords",
           "$2a$ $2b$ $2y$ $argon2id$ $argon2i$ $argon2d$ $scrypt$ $5$ $6$ $y$ $apr1$ "
           "pbkdf2_sha256$ pbkdf2_sha512$ pbkdf2_sha1$ bcrypt_sha256$", r"[\w./+=,$:-]{20,}",
           "10${alnum:53}"),
)  # fmt: skip

# What has its sign in the middle: that sign, and the whole.
INNER = (
    Token("Azure client secrets", ("⟦{alnum:3}8Q~{alnum:34}⟧",), ("Q~",), ("Q~",),
          r"(?<![\w~.-])[\w~.-]{3}[78]Q~[\w~.-]{31,34}"),
    Token("Telegram bots", ("⟦{digits:9}:AA{alnum:33}⟧",), ("bot 123456:start",), (":AA",),
          r"(?<!\d)\d{8,10}:AA[\w-]{32,}"),
    Token("Terraform Cloud", ("⟦{alnum:14}.atlasv1.{alnum:60}⟧",), (), (".atlasv1.",),
          r"(?<![0-9A-Za-z])[0-9A-Za-z]{14}\.atlasv1\.[\w-]{40,}"),
    Token("Airtable", ("⟦pat{alnum:14}.{hex:64}⟧",), ("pattern.of",), (".",),
          r"(?<![0-9A-Za-z])pat[0-9A-Za-z]{14}\.[0-9a-f]{64}"),
    Token("Mailchimp", ("⟦{hex:32}-us14⟧",), ("{hex:32}-usual",), ("-us",),
          r"(?<![0-9a-zA-Z])[0-9a-f]{32}-us\d{1,2}(?!\w)"),
)  # fmt: skip
WEB_TOKENS = (
    Row(
        "JSON web tokens, those of Mapbox too",
        goes=("⟦eyJ{alnum:20}.eyJ{alnum:40}.{alnum:43}⟧", "sk.⟦eyJ1{alnum:60}.{alnum:22}⟧"),
        stays=("eyJ is how they begin", "eyJhbGciOiJIUzI1NiJ9"),
    ),
)
_INNER = tuple((token.starts[0], re.compile(token.then, re.ASCII)) for token in INNER)

# Every start once, the longest first, with what has to follow it.
_STARTS = sorted(
    ((start, token.then) for token in TOKENS for start in token.starts),
    key=lambda pair: -len(pair[0]),
)
_SIGNS = "_-.$/"


_AT_LEAST = re.compile(r"(\{\d+),\}.*+$")
_REST = re.compile(r"(?:\[[^][]*+\]|\\w)\*\+$")


def _from_sign(sign: str) -> str:
    """The end of a start that ends in this sign, unless words of prose follow. Says which.

    The letter before the sign is looked at first: one look instead of a hundred.
    """
    starts = "|".join(
        f"(?<={re.escape(letter)}.)(?:"
        + "|".join(f"(?<={re.escape(start)})()(?={_least(then)})" for start, then in group)
        + ")"
        for letter, group in _by_last_letter(sign)
    )
    words = {"_": r"(?![a-z]{3,10}[_.][a-z])(?![\w-]{0,9}\.)", ".": r"(?![a-z]{2,10}[._/])"}
    return rf"{re.escape(sign)}(?=\w[\w$=./-]{{9}}){words.get(sign, '')}(?:{starts})"


def _least(then: str) -> str:
    """The shortest that fits: a look ahead that goes on to the end would be had at every start."""
    return _REST.sub("", _AT_LEAST.sub(r"\1}", then))


def _by_last_letter(sign: str) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for start, then in _STARTS:
        if start[-1] == sign:
            groups.setdefault(start[-2], []).append((start, then))
    return list(groups.items())


def _from_letters(letters: str) -> str:
    """Starts that begin with the same letter, a capital, or three: those are rare in text."""
    ends = "|".join(
        f"{re.escape(start.removeprefix(letters))}(?:{then})"
        for start, then in _STARTS
        if start.startswith(letters) and start[-1] not in _SIGNS
    )
    return f"{letters}(?:{ends})"


# Each search begins with a plain letter or sign that is rare.
_AT_SIGN = {
    sign: (
        re.compile(_from_sign(sign), re.ASCII),
        tuple(
            (start, re.compile(then, re.ASCII))
            for _, group in _by_last_letter(sign)
            for start, then in group
        ),
    )
    for sign in _SIGNS
}
_LETTERS = dict.fromkeys(
    start[:1] if start[0].isupper() else start[:3]
    for start, _ in _STARTS
    if start[-1] not in _SIGNS
)
_AT_LETTERS = tuple(re.compile(_from_letters(letters), re.ASCII) for letters in _LETTERS)
# A JSON web token is read to the end of its run before it is judged: `-eyJ-eyJ` is read once.
_JWT = re.compile(BEFORE + r"eyJ[\w-]{6,}+(?P<more>(?:\.[\w-]*+){0,4})", re.ASCII)
_SHORTEST_JWT = 8
_HINTS = tuple(
    re.compile(pattern.encode()).search
    for pattern in (
        *(_from_sign(sign) for sign in _SIGNS if sign != "/"),
        *map(_from_letters, _LETTERS),
        *(r"hooks\.slack\.com/", r"/api/webhooks/\d", "webhookb2/", r"eyJ[\w-]{6}"),
        *("Q~", r":AA[\w-]{32}", r"\.(?:[0-9a-f]{64}|atlasv1\.)", r"-us\d"),
    )
)

Span = tuple[int, int]


def _may_have(lines: bytes, _: bytes) -> bool:
    return any(search(lines) for search in _HINTS)


def _hide(text: str, _: Budget) -> str:
    if len(text) <= 12:
        return text
    for sign, pattern in _INNER:
        if sign in text:
            text = pattern.sub(FILTERED, text)
    if "eyJ" in text:
        text = _JWT.sub(_hide_jwt, text)
    for start, end in sorted(_spans(text), reverse=True):
        text = text[:start] + FILTERED + text[end:]
    return text


def _hide_jwt(match: re.Match[str]) -> str:
    return FILTERED if len(match["more"]) > _SHORTEST_JWT else match[0]


def _spans(text: str) -> list[Span]:
    """Where tokens stand; of two that overlap the first."""
    found = [span for sign in _SIGNS for span in _spans_at(sign, text)]
    for pattern in _AT_LETTERS:
        found += [
            match.span() for match in pattern.finditer(text) if _is_begin(text, match.start())
        ]
    kept: list[Span] = []
    for start, end in sorted(found):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _spans_at(sign: str, text: str) -> Iterator[Span]:
    search, starts = _AT_SIGN[sign]
    done = 0
    for match in search.finditer(text):
        start, then = starts[(match.lastindex or 1) - 1]
        begin = match.end() - len(start)
        if begin >= done and _is_begin(text, begin) and (whole := then.match(text, match.end())):
            done = whole.end()
            yield begin, done


def _is_begin(text: str, at: int) -> bool:
    return at == 0 or not (text[at - 1].isascii() and text[at - 1].isalnum())


LOOK = Look(_may_have, _hide)
