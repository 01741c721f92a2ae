"""What an interface to the agency may carry after an application was sent."""

from enum import StrEnum


class Capability(StrEnum):
    """One thing that an interface may carry after an application was sent. What it does not carry, a person does."""

    STATUS_FEED = "STATUS_FEED"
    """It tells what is new of all applications since a cursor."""
    STATUS_LOOK_UP = "STATUS_LOOK_UP"
    """It tells where one application is."""
    RECEIPT_NUMBER = "RECEIPT_NUMBER"
    """What it tells holds the receipt number."""
    DOCUMENT_REQUESTS = "DOCUMENT_REQUESTS"
    """What it tells says which documents are asked for, and by when."""
    DECISION = "DECISION"
    """What it tells says how the application was decided, and the period granted."""
    FEE = "FEE"
    """What it tells holds the fee, its payment number, and whether it was paid."""
    COLLECTION_PROGRESS = "COLLECTION_PROGRESS"
    """What it tells says how far the handing over of the result is."""
    DOCUMENT_SUPPLY = "DOCUMENT_SUPPLY"
    """It takes additional documents."""
    COLLECTION_CHANGE = "COLLECTION_CHANGE"
    """It takes another way to collect the result."""
    WITHDRAWAL = "WITHDRAWAL"
    """It takes a withdrawal. No online function for one is documented."""
