"""A calendar as a prison's own program writes it (RFC 5545)."""

from __future__ import annotations


def calendar(*events: str) -> bytes:
    inside = "\r\n".join(f"BEGIN:VEVENT\r\n{one}\r\nEND:VEVENT" for one in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//pi//nl\r\n{inside}\r\nEND:VCALENDAR\r\n".encode()
