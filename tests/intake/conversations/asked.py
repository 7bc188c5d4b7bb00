"""A question with a conversation about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from tests.intake.requests.questions import question
from tests.kit.desk import token_in

NL = {"Accept-Language": "nl"}


class Asked:
    """A question that was asked, as its asker knows it."""

    def __init__(self, client: TestClient, headers: dict[str, str], **changed: Any) -> None:
        self.client, self.headers = client, headers
        answer = client.post("/v1/advice-requests", json=question(**changed), headers=headers).json()
        self.id, self.reference = UUID(answer["id"]), str(answer["reference"])
        self.code = str(answer["returnCode"])
        self.path = f"/v1/advice-requests/{self.reference}/messages"
        self.bearer = {"Authorization": f"Bearer {self.code}"}
        self.proof = {"reference": self.reference, "code": self.code}

    def page(self) -> str:
        return str(self.client.post("/status", data=self.proof, headers=NL).text)

    def writes(self, text: str, page: str = "", **more: str) -> Any:
        token = token_in(page or self.page())
        sent = self.proof | {"form": token, "text": text} | more
        return self.client.post("/status/messages", data=sent, headers=NL)

    def says(self, text: str, **headers: str) -> Any:
        return self.client.post(self.path, json={"text": text}, headers=self.bearer | headers)


def answers(asked: Asked, desk: dict[str, str], text: str = "Bel ons gerust.") -> Any:
    answer = asked.client.post(asked.path, json={"text": text}, headers=desk)
    assert answer.status_code == 201, answer.text
    return answer
