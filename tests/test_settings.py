"""Settings are read once, checked, and refused loudly."""

from dataclasses import fields
from pathlib import Path

import pytest

from jentry.settings import Settings, SettingsError, variable


def test_without_variables_every_setting_has_its_default():
    assert Settings.from_env({}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("JENTRY_DB", "/var/lib/jentry/jentry.db", Path("/var/lib/jentry/jentry.db")),
        ("JENTRY_URL", " https://errors.example.com/base/ ", "https://errors.example.com/base"),
        ("JENTRY_RETENTION_DAYS", "30", 30),
        ("JENTRY_QUOTA_HOUR", "0", 0),
    ],
)
def test_a_variable_is_understood(name, text, value):
    settings = Settings.from_env({name: text})
    (item,) = [item for item in fields(Settings) if variable(item.name) == name]
    assert getattr(settings, item.name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("JENTRY_RETENTION_DAYS", "ninety"),
        ("JENTRY_RETENTION_DAYS", "0"),
        ("JENTRY_RETENTION_DAYS", "-1"),
        ("JENTRY_RETENTION_DAYS", "1.5"),
        ("JENTRY_RETENTION_DAYS", "٣"),
        ("JENTRY_QUOTA_HOUR", ""),
        ("JENTRY_QUOTA_HOUR", "9" * 40),
        ("JENTRY_URL", "errors.example.com"),
        ("JENTRY_URL", "ftp://errors.example.com"),
        ("JENTRY_URL", "https://errors.example.com/?x=1"),
        ("JENTRY_DB", ""),
    ],
)
def test_a_variable_that_is_not_understood_is_named(name, text):
    with pytest.raises(SettingsError, match=f"^{name}='.*' is not an? .*\\.$"):
        Settings.from_env({name: text})


def test_every_setting_says_what_it_means():
    assert all(item.metadata["meaning"].endswith(".") for item in fields(Settings))
