"""The tables of the peer written with SQLAlchemy; the benchmark makes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Token(Base):
    __tablename__ = "peer_token"

    digest: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[int]


class Contact(Base):
    __tablename__ = "peer_fastapi"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int]
    link_id: Mapped[UUID]
    name: Mapped[str]
    type: Mapped[str]
    number: Mapped[str]
    is_favorite: Mapped[bool]
    is_default: Mapped[bool]
    auto_answer: Mapped[bool]
    in_black_list: Mapped[bool]
    updated_at: Mapped[datetime]
