"""The floor: a bare FastAPI route that does the same two INSERTs in one transaction with raw asyncpg."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

TABLES = """
CREATE SCHEMA IF NOT EXISTS floor;
CREATE TABLE IF NOT EXISTS floor.requests (id uuid PRIMARY KEY, key text UNIQUE, body bytea NOT NULL,
  at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS floor.outbox (id uuid PRIMARY KEY, request uuid NOT NULL, type text NOT NULL,
  at timestamptz NOT NULL DEFAULT now());
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(os.environ["FLOOR_DATABASE_URL"], min_size=8, max_size=8)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/advice-requests")
async def accept(body: dict[str, Any], request: Request) -> JSONResponse:
    made = uuid4()
    async with app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO floor.requests (id, key, body) VALUES ($1, $2, $3)",
            made,
            request.headers["idempotency-key"],
            repr(body).encode(),
        )
        await connection.execute(
            "INSERT INTO floor.outbox (id, request, type) VALUES ($1, $2, 'request.received')", uuid4(), made
        )
    return JSONResponse({"id": str(made)}, 202)
