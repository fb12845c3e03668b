"""Passwords that anybody would try first: a common word with digits around it, keys in a row,
something short again and again.

Lists of leaked passwords of ten characters and more consist of little else; each of these rules
stands for thousands of their lines.
"""

FEWEST_LETTERS = 5  # different ones
SHORTEST_REST = 4  # of what is left of a password when its common parts are taken away

ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm",
    "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0",
    "!@#$%^&*()", "147258369", "123qweasdzxc", "poiuytrewq", "lkjhgfdsa", "mnbvcxz",
)  # fmt: skip
WORDS = (
    "password", "passwort", "passw0rd", "motdepasse", "contrasena", "passphrase", "passcode",
    "letmein", "welcome", "willkommen", "admin", "administrator", "root", "login", "secret",
    "changeme", "default", "temporary", "iloveyou", "ilovey", "loveyou", "love", "princess",
    "sunshine", "dragon", "monkey", "master", "superman", "batman", "spiderman", "pokemon",
    "starwars", "football", "baseball", "basketball", "liverpool", "chelsea", "arsenal",
    "barcelona", "juventus", "michael", "jennifer", "jessica", "charlie", "jordan", "ashley",
    "daniel", "christopher", "alexander", "elizabeth", "computer", "internet", "samsung",
    "microsoft", "google", "facebook", "shadow", "trustno", "mustang", "access", "hello",
    "whatever", "butterfly", "chocolate", "cheese", "flower", "summer", "winter", "spring",
    "autumn", "november", "december", "september", "october", "january", "february", "qwerty",
    "qwertz", "azerty", "asdf", "zxcv", "user", "test", "testing", "guest", "demo", "sample",
    "server", "company", "jentry", "sentry", "please", "forever", "friends", "family", "angel",
    "babygirl", "lovely", "jesus", "blessed", "soccer", "hockey", "killer", "ninja", "freedom",
    "thunder", "super", "god", "my", "the", "is", "me", "you", "new", "one", "pass", "word", "good",
    "abc",
)  # fmt: skip
LOOKALIKES = str.maketrans("@4301!5$7", "aaeoiisst")


def is_common(password: str) -> bool:
    """Case, digits in place of letters, and what surrounds the words make no difference."""
    plain = "".join(password.lower().split())
    if len(set(plain)) < FEWEST_LETTERS:
        return True
    return any(_is_made_of_common_parts(text) for text in {plain, plain.translate(LOOKALIKES)})


def _is_made_of_common_parts(text: str) -> bool:
    text = _without_repetition(text)
    for word in sorted(WORDS, key=len, reverse=True):
        text = text.replace(word, " ")
    letters = [part for part in text.split() if not _is_row(part)]
    rest = "".join(letter for part in letters for letter in part if letter.isalpha())
    digits = "".join(letter for part in letters for letter in part if not letter.isalpha())
    return len(rest) < SHORTEST_REST and (len(digits) <= 8 or _is_row(digits))


def _without_repetition(text: str) -> str:
    """`abcabcabc` -> `abc`."""
    for size in range(1, len(text) // 2 + 1):
        if (
            text[:size] * (len(text) // size) == text[: len(text) // size * size]
            and text[: len(text) % size] == text[len(text) // size * size :]
        ):
            return text[:size]
    return text


def _is_row(text: str) -> bool:
    """Keys or letters in a row, forwards or backwards, whole or in runs of three and more."""
    text = text.strip("!?.#*-_ ")
    while text:
        size = next((n for n in range(len(text), 2, -1) if _is_run(text[:n])), 0)
        if not size:
            return len(text) <= 2
        text = text[size:]
    return True


def _is_run(text: str) -> bool:
    return any(text in row or text in row[::-1] for row in ROWS)
