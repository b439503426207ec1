"""Why something was not delivered. The text is one line for an operator, without what only the receiver may know."""


class Undelivered(Exception):
    """It did not arrive this time; another try may do better."""


class Undeliverable(Undelivered):
    """It cannot arrive, however often it is tried."""
