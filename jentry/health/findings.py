"""What a look at the server brings to light."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self

Level = Literal["problem", "warning", "ok"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is the word for what was looked at; `text` a sentence, for operators only: it may
    name paths.
    """

    check: str
    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """Findings in the order in which they are shown: as the checks are listed."""

    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Self:
        return cls(tuple(findings))

    @property
    def is_ok(self) -> bool:
        """Nothing is damaged, and events can be stored; there may be warnings."""
        return not self.texts("problem")

    def texts(self, level: Level) -> list[str]:
        return [finding.text for finding in self.findings if finding.level == level]

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.is_ok,
            "problems": self.texts("problem"),
            "warnings": self.texts("warning"),
            "facts": self.texts("ok"),
            "findings": [
                {"check": each.check, "level": each.level, "text": each.text}
                for each in self.findings
            ],
        }
