"""Text for people in several languages: labels of metadata. Knows nothing of catalogs."""

from __future__ import annotations

from dataclasses import dataclass

LOCALES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Label:
    """A text in some of LOCALES. `texts` maps locale to text as pairs, so that it can be hashed."""

    texts: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, value: str | dict[str, str]) -> Label:
        """A label from its short form (one string for all languages) or `{zh: …, en: …}`."""
        if isinstance(value, str):
            return cls((("", value),))
        return cls(tuple(sorted((str(locale), str(text)) for locale, text in value.items())))

    def text(self, locale: str) -> str:
        """The text in `locale` ("zh", "zh_CN", "en", …), else the one that exists."""
        known = dict(self.texts)
        return known.get(locale) or known.get(locale[:2]) or known.get("") or known.get("en") or next(iter(known.values()), "")

    def as_data(self) -> str | dict[str, str]:
        """Back to the form it is written in."""
        known = dict(self.texts)
        return known[""] if set(known) == {""} else known
