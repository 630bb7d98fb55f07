"""A UID as it lies in a file in, its name in the standard out; a malformed one is its own name and warns nobody."""

from pydicom import config
from pydicom.uid import UID

__all__ = ["uid_name"]


def uid_name(value: str) -> str:
    """Name a UID as PS3.6 does, such as "CT Image Storage"; one that is not in it stays as it is.

    Examples
    --------
    >>> uid_name("1.2.840.10008.5.1.4.1.1.7"), uid_name("1.2.A")
    ('Secondary Capture Image Storage', '1.2.A')
    """
    return UID(value, config.IGNORE).name
