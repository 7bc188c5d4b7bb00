"""The words of every message in every language, kept short and discreet."""

from services.notify.wording.rendering import Text as Text
from services.notify.wording.rendering import render as render
