"""FastAPI + SQLAlchemy 2: pydantic models, a session per request, and an upsert that returns what became of each row.

Sources: FastAPI, "SQL (Relational) Databases", "Security"; SQLAlchemy 2, "INSERT…ON CONFLICT", "insertmanyvalues" (rows
travel a thousand at a time).
"""

import os
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import create_engine, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from benchmarks.peers.rules import FIELDS, LONGEST, digest, number_fits
from benchmarks.peers.sqlalchemy_tables import Contact, Token

engine = create_engine(os.environ["BENCH_SQLALCHEMY_URL"])
app = FastAPI()


class ContactIn(BaseModel):
    model_config = ConfigDict(strict=True)

    link_id: Annotated[UUID, Field(strict=False)]
    name: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    type: Literal["regular", "individual", "multi", "global"]
    number: Annotated[str, Field(max_length=LONGEST)]
    is_favorite: bool = False
    is_default: bool = False
    auto_answer: bool = False
    in_black_list: bool = False

    @model_validator(mode="after")
    def together(self) -> Self:
        if not number_fits(self.type, self.number):
            raise ValueError("number does not fit the type")
        if self.auto_answer and self.in_black_list:
            raise ValueError("both flags")
        return self


class Items(BaseModel):
    list_items: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=10_000)]


class Result(BaseModel):
    link_id: str | None
    success: bool
    extended_info: str


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


SessionOf = Annotated[Session, Depends(session)]


def site(opened: SessionOf, given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> int:
    known = opened.scalar(select(Token.site_id).where(Token.digest == digest(given.credentials)))
    if known is None:
        raise HTTPException(401, "Log In")
    return known


@app.post("/contacts")
def link(items: Items, opened: SessionOf, site_id: Annotated[int, Depends(site)]) -> dict[str, list[Result]]:
    read = [contact_of(item) for item in items.list_items]
    rows = {contact.link_id: {"site_id": site_id, **contact.model_dump()} for contact in read if contact}
    upsert = insert(Contact)
    upsert = upsert.on_conflict_do_update(
        index_elements=["link_id", "site_id"],
        set_={**{name: upsert.excluded[name] for name in FIELDS}, "updated_at": func.now()},
    ).returning(Contact.link_id, literal_column("xmax = 0"))
    written = opened.connection().execute(upsert, list(rows.values())) if rows else ()
    created = {link_id for link_id, is_new in written if is_new}
    opened.commit()
    pairs = zip(items.list_items, read, strict=True)
    return {"result": [told(item, contact, created) for item, contact in pairs]}


def contact_of(item: dict[str, Any]) -> ContactIn | None:
    try:
        return ContactIn.model_validate(item)
    except ValidationError:
        return None


def told(item: dict[str, Any], contact: ContactIn | None, created: set[UUID]) -> Result:
    if contact is None:
        return Result(link_id=item.get("link_id"), success=False, extended_info="invalid_entity_data")
    info = "created" if contact.link_id in created else "updated"
    return Result(link_id=str(contact.link_id), success=True, extended_info=info)
