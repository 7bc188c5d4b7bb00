"""What a page says of itself to search engines, in the words of schema.org."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from services.intake.guidance.articles import Article
from shared.web import pages

# In a script these would end it, or begin something else.
ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def json_ld(page: Article, url: str, reader: str) -> Markup:
    """Return the page as JSON-LD, safe to stand in a `script` element."""
    said = json.dumps(described(page, url, reader), ensure_ascii=False)
    return Markup(said.translate(ESCAPED))  # noqa: S704


def described(page: Article, url: str, reader: str) -> Mapping[str, Any]:
    words = pages.texts()
    audience = [words.text(reader, f"guidance.for.{one}") for one in page.audience]
    answer = {"@type": "Answer", "text": page.in_short}
    return {
        "@context": "https://schema.org",
        "@type": ["WebPage", "FAQPage"],
        "name": page.title,
        "description": page.in_short,
        "url": url,
        "inLanguage": page.language,
        "lastReviewed": page.checked_on.isoformat(),
        "dateModified": page.checked_on.isoformat(),
        "reviewedBy": {"@type": "Organization", "name": page.second_reader},
        "audience": [{"@type": "Audience", "audienceType": one} for one in audience],
        "citation": [source.url or source.title for source in page.sources],
        "mainEntity": [{"@type": "Question", "name": one, "acceptedAnswer": answer} for one in page.asked],
    }
