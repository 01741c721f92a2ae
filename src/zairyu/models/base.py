"""The base of every model that is stored, sent or shown."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """An immutable value.

    Unknown fields are ignored, so that a history written by a newer or older release still decodes. Errors
    never repeat the input: pydantic's messages reach histories and logs, and the input is personal data.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class BilingualText(Model):
    """The same sentence in Japanese and in English."""

    ja: str
    en: str
