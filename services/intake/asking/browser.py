"""The cookie by which a question that is being filled in is found again, in that browser alone."""

from shared.web.drafts import DraftCookie

COOKIE, PATH = "weerzien_steps", "/ask"
_COOKIE = DraftCookie(COOKIE, PATH)
token_of, keep, keep_a_moment, drop = _COOKIE.token_of, _COOKIE.keep, _COOKIE.keep_a_moment, _COOKIE.drop
