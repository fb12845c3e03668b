"""Settings are read once, checked, and refused loudly."""

from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.settings import Settings, SettingsError, mistyped, variable


def test_without_variables_every_setting_has_its_default():
    assert Settings.from_env({}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("JENTRY_DB", "/var/lib/jentry/jentry.db", Path("/var/lib/jentry/jentry.db")),
        ("JENTRY_URL", " https://errors.example.com/base/ ", "https://errors.example.com/base"),
        ("JENTRY_URL", "HTTPS://Errors.Example.com:8443", "https://errors.example.com:8443"),
        ("JENTRY_URL", "http://[2001:db8::1]:9000/x", "http://[2001:db8::1]:9000/x"),
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
        ("JENTRY_URL", "https://errors.example.com/?"),
        ("JENTRY_URL", "https://errors.example.com/#"),
        ("JENTRY_URL", "https://me:secret@errors.example.com"),
        ("JENTRY_URL", "https://errors.example.com:99999"),
        ("JENTRY_URL", "https://errors.example.com:"),
        ("JENTRY_URL", "https://errors.example.com:0"),
        ("JENTRY_URL", "https://::1"),
        ("JENTRY_URL", "https://[::1"),
        ("JENTRY_URL", "https://[::x]"),
        ("JENTRY_URL", "https://exa mple.com"),
        ("JENTRY_URL", "https://exämple.com"),
        ("JENTRY_URL", "https://a..b"),
        ("JENTRY_URL", "https:///errors"),
        ("JENTRY_DB", ":memory:"),
        ("JENTRY_DB", "file:x.db"),
        ("JENTRY_DB", ""),
    ],
)
def test_a_variable_that_is_not_understood_is_named(name, text):
    with pytest.raises(SettingsError, match=f"^{name}='.*' is not an? .*\\.$"):
        Settings.from_env({name: text})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("JENTRY_QUOTA_HOURS", "; did you mean JENTRY_QUOTA_HOUR?"),
        ("JENTRY_quota_hour", "has no effect"),
        ("JENTRY_SOMETHING_ELSE", "has no effect."),
    ],
)
def test_a_variable_that_resembles_a_setting_is_told(name, said):
    (sentence,) = mistyped({name: "1", "JENTRY_DB": "x", "HOME": "/"})
    assert sentence.startswith(f"{name} is no setting")
    assert said in sentence


def test_every_setting_says_what_it_means():
    assert all(item.metadata["meaning"].endswith(".") for item in fields(Settings))


def test_a_secret_is_never_repeated(monkeypatch):
    monkeypatch.setenv("JENTRY_METRICS_TOKEN", "hunter2-hunter2-hunter2")
    shown = CliRunner().invoke(main, ["config"]).output
    monkeypatch.setenv("JENTRY_METRICS_TOKEN", "hunter2 hunter2")
    refused = CliRunner().invoke(main, ["config"])
    assert refused.exit_code == 2
    assert "JENTRY_METRICS_TOKEN is not a secret of" in refused.output
    assert "hunter2" not in shown + refused.output
