"""The routes by which intake, which has the desk, asks about people here: in the name of who works there."""

from __future__ import annotations

from services.notify.people import finding, story
from shared.desk.internal import answering
from shared.events.finding import AskFound, AskStory, AskWhose

router = answering({AskFound: finding.find, AskWhose: finding.whose, AskStory: story.tell})
