"""A layout's name in, what is known of that published cohort out."""

from pleura.data.public.cc_ccii import CC_CCII
from pleura.data.public.covid_19_ct_seg import COVID_19_CT_SEG
from pleura.data.public.covid_ct_md import COVID_CT_MD
from pleura.data.public.found import Layout
from pleura.data.public.mosmed import MOSMED
from pleura.data.public.stoic import STOIC2021
from pleura.errors import CohortError

__all__ = ["LAYOUTS", "find_layout"]

LAYOUTS = {layout.name: layout for layout in (CC_CCII, COVID_19_CT_SEG, COVID_CT_MD, MOSMED, STOIC2021)}


def find_layout(name: str) -> Layout:
    """Find a layout by its name.

    Raises
    ------
    CohortError
        If there is none of that name; lists those that are known.
    """
    if name not in LAYOUTS:
        raise CohortError(f'no layout is called "{name}"; known are {", ".join(LAYOUTS)}')
    return LAYOUTS[name]
