"""The names that secrets go by, in any spelling and many languages."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from jentry.ingest.scrubbing.rows import Row

LONGEST = 200  # characters that are looked at


@dataclass(frozen=True, slots=True)
class Names(Row):
    """Names that contain one of `parts`, or end in one of `ends`, or are one of `whole`.

    Words of a part are separated by blanks here, by anything or nothing in a name.
    """

    parts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


NAMES = (
    Names(
        "Passwords",
        goes=("password", "userPwd", "db_pass", "DB_PASS", "pass1", "LDAP_BIND_PW", "passcode"),
        stays=("passenger", "compass", "boarding_pass", "passed", "password_changed_at"),
        parts=_list("passw, passphrase, pass phrase, passcode, pass code, mysql pwd, pg pass,"
                    "require pass, master auth, bind pw"),
        ends=_list("pass, pwd, pw, psk"),
    ),
    Names(
        "Secrets and credentials",
        goes=("client_secret", "credentials", "connectionString", "seed_phrase"),
        stays=("secretary", "secret_name", "credential_type"),
        parts=_list("secret, credential, connection string, seed phrase, mnemonic"),
        ends=("hmac",),
    ),
    Names(
        "Keys that open something",
        goes=("apiKey", "X-Api-Key", "access_key", "AccountKey", "RAILS_MASTER_KEY", "privatekey"),
        stays=("primary_key", "public_key", "cache_key", "keyboard", "monkey", "key"),
        parts=_list("api key, access key, account key, master key, private key, priv key, pem key,"
                    "signing key, encryption key, session key, storage key, license key, ssh key,"
                    "deploy key, subscription key, consumer key, symmetric key, hmac key, auth key,"
                    "wallet key, server key, shared key, account shared key, shared access,"
                    "service account key"),
    ),
    Names(
        "Tokens and what is said to be authentication",
        goes=("accessToken", "csrfmiddlewaretoken", "Authorization", "basic_auth", "jwt",
              "authorization_code", "SAMLResponse"),
        stays=("tokenizer", "max_tokens", "token_type", "author", "authMethod", "auth_status"),
        parts=_list("token, auth, bearer, jwt, csrf, xsrf, code verifier, client assertion,"
                    "saml response"),
    ),
    Names(
        "Signatures of requests",
        goes=("signature", "X-Amz-Signature", "sig"),
        stays=("method_signature", "signature_valid", "design"),
        parts=_list("amz signature, goog signature, hub signature, webhook signature"),
        whole=_list("signature, sig"),
    ),
    Names(
        "Sessions and cookies",
        goes=("PHPSESSID", "session_id", "Set-Cookie", "connect.sid", "laravel_session"),
        stays=("session", "sid", "session_count", "cookies_enabled"),
        parts=_list("session id, sess id, cookie, laravel session, rack session"),
        ends=("connect sid",),
    ),
    Names(
        "Codes that are used once",
        goes=("otp", "otp_code", "mfaCode", "pin", "recovery_code", "totp"),
        stays=("pinned", "ping", "option", "country_code", "opinion"),
        parts=_list("otp code, mfa code, totp, one time code, 2fa code, two factor code,"
                    "recovery code, backup code, verification code, pin code, pin nummer,"
                    "pin number, sms code"),
        ends=_list("otp, pin"),
        whole=_list("tan, pins"),
    ),
    Names(
        "Cards, accounts and papers",
        goes=("creditCard", "card[number]", "cvc", "iban", "ssn", "tax_id", "passportNumber"),
        stays=("cardinality", "card_type", "card_last4", "passport_country", "discard"),
        parts=_list("credit card, card number, cardnum, cc num, cvv, cvc, security code,"
                    "social security, bank account number, passport number, passport no,"
                    "national id"),
        ends=_list("ssn, iban, tax id"),
        whole=("pan",),
    ),
    Names(
        "The same in other languages",
        goes=("Kennwort", "mot_de_passe", "contraseña", "senha", "hasło", "şifre", "пароль", "密码",
              "パスワード", "비밀번호", "סיסמה", "كلمة_المرور", "पासवर्ड"),
        stays=("Kennung", "motor", "contrato"),
        parts=_list(
            "mdp, kennwort, geheim, zugangscode, zugangsdaten, losungswort, mot de passe,"
            "motdepasse,"
            "jeton, contraseña, contrasena, clave acceso, senha, parola, wachtwoord, lösenord,"
            "losenord, adgangskode, kodeord, passord, salasana, hasło, haslo, heslo, jelszó,"
            "jelszo, parolă, lozinka, şifre, sifre, kata sandi, mật khẩu, mat khau, пароль, парола,"
            "лозинка, секрет, токен, κωδικός, συνθηματικό, סיסמה, סיסמא, كلمة المرور, كلمة السر,"
            "رمز عبور, गोपनीय, पासवर्ड, รหัสผ่าน, 密码, 密碼, 口令, 密钥, 密鑰, 令牌,"
            "パスワード, 暗証番号, 비밀번호, 암호"
        ),
        ends=_list("clave"),
    ),
)  # fmt: skip

CAMEL = re.compile(r"(?<=[^\W_A-Z])(?=[A-Z])")  # the boundaries of camelCase
PUNCTUATION = re.compile(r"[\W_]+")
# Words that contain a part and mean no harm: taken out of a name before it is judged.
HARMLESS = re.compile(
    r"author(?!i[sz])|secretar(?:y|ies|iat)|secrets?manager|tokeni[sz]|betoken|token_ring"
    r"|passwordless|key_?words?|key_?board|(?:un)?authenti(?:cated|cator)|(?:un)?authori[sz]ed"
)
# What is said about a secret, in the last word or the first: when it changed, how long it is.
ABOUT = frozenset(_list(
    "type, types, kind, method, methods, mode, scheme, schemes, provider, backend, plugin, name,"
    "names, count, counts, length, len, size, limit, usage, used, budget, index, at, date, time,"
    "ts, timestamp, ms, seconds, second, minute, duration, age, expiry, expires, expired,"
    "expiration, exp, ttl, in, out, since, until, url, uri, endpoint, path, file, filename, dir,"
    "directory, state, status, result, enabled, disabled, required, optional, valid, invalid,"
    "present, missing, exists, set, policy, strength, attempts, failures, failed, retries, error,"
    "errors, version, format, algorithm, alg, field, fields, visible, rate, left, remaining,"
    "updated, changed, change, created, sent, clicked, realm, level, scope, scopes, domain,"
    "consent, class, model, by, flow, role, roles, group, region, issuer, audience, details,"
    "total, last4, month, year, brand, help, label, hint, hints, title, description, required,"
    "service, server, host, port, user, username, rotated, created, exception, failure, warning,"
    "validator, manager, controller, handler, helper, middleware, module, component, button, page,"
    "screen, view, form, input, placeholder"
)) - {"input", "form"}  # fmt: skip
ABOUT_FIRST = frozenset(_list("has, is, no, num, max, min, n, needs, forgot, without, bad, wrong"))
COUNTED = re.compile(r"(?:^|_)(?:tokens|token_(?:id|index)|pass|pins?)$")
FIGURE = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
PATH = re.compile(r"(?:/|[A-Za-z]:\\|~)")


def squashed(name: str) -> str:
    return words(name).replace("_", "")


def words(name: str) -> str:
    """`X-Api-Key`, `xApiKey` -> `x_api_key`."""
    name = name[:LONGEST]
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    return PUNCTUATION.sub("_", CAMEL.sub("_", name).casefold()).strip("_")


PARTS = tuple(part for names in NAMES for part in names.parts)
ENDS = tuple(end for names in NAMES for end in names.ends)
WHOLE = tuple(whole for names in NAMES for whole in names.whole)
_PARTS = re.compile("|".join(sorted({re.escape(squashed(p)) for p in PARTS}, key=len)))
_WHOLE = frozenset(words(word) for word in (*WHOLE, *ENDS))
_ENDS = tuple("_" + words(end) for end in ENDS)
# `dbpass`, `rootpw`: no compass, no trespass.
_GLUED = re.compile(
    r"(?:db|smtp|mail|user|root|admin|ftp|my|pg|sql|redis|mongo|ldap|http|proxy|app|sudo|login"
    r"|key|store|wifi|new|old)(?:pass|pwd|pw)"
)
_PASSES = re.compile(r"(?:boarding|season|day|ski|travel|guest|parking|low|high|band|all|by)_pass")


# Squashed ASCII names are secret only if one of these is in them. Those of HARMLESS count too: what
# is left without them may be one.
_SIGNS = frozenset(
    sign.encode()
    for sign in (
        *map(squashed, (*PARTS, *ENDS, *WHOLE)),
        *("pass", "pw", "author", "secret", "token", "keyword", "keyboard", "authenti"),
    )
    if sign and sign.isascii()
)
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum() and code != ord("\n"))


def signs_of_secrets(more: tuple[str, ...] = ()) -> re.Pattern[bytes]:
    """Of names as `without_sign` looks at them; `more` are squashed words of a project."""
    words = _SIGNS | {word.encode() for word in more if word.isascii()}
    # One that holds a shorter one says nothing more.
    least = [word for word in words if not any(other in word for other in words - {word})]
    return re.compile(b"|".join(map(re.escape, sorted(least))))


def without_sign(names: list[str], signs: re.Pattern[bytes]) -> list[str]:
    """Those of many names that are surely not secret: quicker than to judge each."""
    simple = [name for name in names if name.isascii() and name.isprintable()]
    lines = "\n".join(simple).lower().encode().translate(None, _NO_LETTERS)
    if not signs.search(lines):
        return simple
    each = zip(simple, lines.split(b"\n"), strict=True)
    return [name for name, line in each if not signs.search(line)]


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name has to be hidden: `X-Api-Key`, `dbPassword`, not `author`."""
    found = words(name)
    bare = found.rstrip("0123456789").rstrip("_")
    first, _, _ = found.partition("_")
    if found.rpartition("_")[2] in ABOUT or (first in ABOUT_FIRST and first != found):
        return False
    if bare in _WHOLE or _GLUED.fullmatch(bare):
        return True
    if bare.endswith(_ENDS):
        return not _PASSES.search(bare)
    return bool(_PARTS.search(HARMLESS.sub("", found).replace("_", "")))


def _may_count(name: str) -> bool:
    """Quicker than to take it apart."""
    lower = name.lower()
    return not name.isascii() or "token" in lower or "pass" in lower or "pin" in lower


def stays(name: str, value: Any) -> bool:
    """What is no secret though its name is: true, false and null, counts of tokens, `PWD=/srv`."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, dict | list):
        return name.lower() == "cookies"  # whose own names are looked at
    text = str(value)
    if name in ("PWD", "OLDPWD"):
        return bool(PATH.match(text))
    if FIGURE.fullmatch(text) and _may_count(name) and (counted := COUNTED.search(words(name))):
        return "token" in counted[0] or len(text) < 4
    return False
