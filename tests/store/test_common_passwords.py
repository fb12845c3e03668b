"""Passwords that anybody would try first."""

import pytest

from jentry.store.common_passwords import is_common


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaa", "          ", "1234567890", "0987654321", "qwertyuiop", "qwerty12345",
        "asdfghjkl;", "1q2w3e4r5t", "1qaz2wsx3edc", "password123", "Password2026!", "P@ssw0rd123!",
        "passwordpassword", "letmein12345", "iloveyou2026", "Welcome2026!", "admin123456",
        "Summer2026!!", "football1234", "changeme1234", "abcdefghij", "abcabcabcabc",
        "1231231231", "monkey12345", "superman1234", "qwertzuiop", "azertyuiop", "1111122222",
        "p a s s w o r d", "!@#$%^&*()", "SuperPassword1", "testtest1234", "jentry12345",
    ],
)  # fmt: skip
def test_what_is_common(password):
    assert is_common(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse", "correct horse battery", "ride-a-bike", "tango-84-umbrella",
        "long enough phrase", "long phrase 1", "another good phrase", "pässwört lang",
        "x9$kQ2!vLp0z", "8f3e0b6a71c2d945", "Wolken über Kiel", "длинный пароль",
        "7241-0938-5516-2", "my dog eats maps",
    ],
)  # fmt: skip
def test_what_is_not(password):
    assert not is_common(password)
