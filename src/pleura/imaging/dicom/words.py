"""What people write in a header in, what they mean out: the part of the body, the contrast phase, the kernel."""

import re

__all__ = ["contrast_phase", "is_localizer_name", "kernel_class", "other_region"]

_CHEST = re.compile(
    r"chest|thora|torac|lung|pulm|thx|\bcap\b|\btap\b|\bncap\b|whole ?body|poumon|polmon|trunk|胸|肺", re.IGNORECASE
)
_OTHER = {
    "spine": r"spine|spinal|lumbar|cervical|sacr|\b[ctl] ?sp\b|wirbels",
    "head": r"\bhead\b|brain|skull|cerebr|sinus|orbit|facial|\bface|dental|mandib|maxill|temporal bone|neuro|\bear\b",
    "neck": r"\bneck|carotid|larynx",
    "abdomen": r"abd|liver|hepat|kidney|renal|pancrea|bowel|colon|enterog|spleen|stomach|urogr|\bkub\b",
    "pelvis": r"pelvi|bladder|prostat|\bhip\b",
    "limb": r"extremit|\bleg\b|\barm\b|knee|ankle|\bfoot|\bfeet|wrist|\bhand|elbow|shoulder|femur|tibia|humer",
}
_OTHER_PATTERNS = {region: re.compile(words, re.IGNORECASE) for region, words in _OTHER.items()}

_PHASES = {
    "arterial": r"arter|angio|\bcta\b|ctpa|pulmonary emb|\bpe\b|aort",
    "venous": r"venous|\bven\b|portal",
    "delayed": r"delay|\blate\b|equilib",
}
_PHASE_PATTERNS = {phase: re.compile(words, re.IGNORECASE) for phase, words in _PHASES.items()}

_LOCALIZER = re.compile(r"scout|topogram|surview|locali[sz]er|scanogram|scano\b", re.IGNORECASE)


def is_localizer_name(description: str) -> bool:
    """Whether a series is called what vendors call their planning views."""
    return bool(_LOCALIZER.search(description))


def other_region(series_description: str, body_part: str, protocol: str, study_description: str) -> tuple[str, str]:
    """Which part of the body a series shows where its header says so and it is not the chest.

    The texts are asked in the given order, the most specific first, and the first that names any part decides. One that
    names the chest among others shows the chest. Nothing named, as in much anonymized data, is no reason.

    Returns
    -------
    region : such as "abdomen"; "" where the chest is named, or nothing
    said : the text that says so
    """
    for said in (series_description, body_part, protocol, study_description):
        plain = said.replace("_", " ").replace("-", " ")
        if _OTHER_PATTERNS["spine"].search(plain) and not re.search("chest|lung", plain, re.IGNORECASE):
            return "spine", said
        if _CHEST.search(plain):
            return "", ""
        for region, pattern in _OTHER_PATTERNS.items():
            if pattern.search(plain):
                return region, said
    return "", ""


def contrast_phase(series_description: str, protocol: str, study_description: str, agent: str) -> str:
    """Name the contrast phase: "arterial", "venous", "delayed", "enhanced" (phase not said), or "" for none.

    The series' own description decides over the protocol's and the study's; these two count only where an agent was
    given, for a protocol is often shared with the unenhanced series.
    """
    given = bool(agent) and not re.search(r"^(no|none|without|nativ)\b", agent, re.IGNORECASE)
    if re.search(r"\bw/?o\b|without|unenh|non ?con|nativ|pre ?con", series_description, re.IGNORECASE):
        return ""
    for said in (series_description, *((protocol, study_description) if given else ())):
        plain = said.replace("_", " ")
        for phase, pattern in _PHASE_PATTERNS.items():
            if pattern.search(plain):
                return phase
    return "enhanced" if given else ""


def _siemens(kernel: str) -> str:
    """Class of a kernel named by region letter and sharpness number, such as B60f, I70f, Bl57d; "" for other names."""
    found = re.match(r"^([BIHQUDTC][a-z]?)(\d{2})[a-z]?", kernel)
    if not found:
        return ""
    letters, number = found[1], int(found[2])
    if letters == "Bl" or number >= 50:
        return "lung"
    return "standard" if number >= 30 else "soft"


def kernel_class(kernel: str) -> str:
    """Sort a ConvolutionKernel into "lung", "standard", "soft", "bone" or "unknown" by its name.

    "lung" holds all sharp kernels made for, or used on, the lungs; "bone" the sharpest, made for bone and inner ear.

    Examples
    --------
    >>> [kernel_class(name) for name in ("L", "B", "LUNG", "STANDARD", "B70f", "B31f", "FC51", "FC13", "BONE", "")]
    ['lung', 'standard', 'lung', 'standard', 'lung', 'standard', 'lung', 'standard', 'bone', 'unknown']
    """
    name = kernel.split("\\")[0].strip()
    if not name:
        return "unknown"
    if siemens := _siemens(name):
        return siemens
    upper = name.upper()
    if canon := re.match(r"^FC(\d{2})", upper):
        number = int(canon[1])
        return "lung" if 50 <= number <= 59 or 80 <= number <= 89 else "bone" if 30 <= number <= 39 else "standard"
    one_letter = {"A": "soft", "B": "standard", "C": "standard", "D": "bone", "E": "bone", "L": "lung"}
    if upper in one_letter or re.match(r"^Y[ABCDEL]$", upper):
        return one_letter[upper[-1]]
    for words, kind in (
        ("LUNG|PULM|CHEST ?SHARP|B_SHARP", "lung"),
        ("BONE|EDGE|INNER|V ?SHARP|ULTRA", "bone"),
        ("SHARP|DETAIL", "lung"),
        ("STAN|CHST|CHEST|BODY|MEDIUM|NORMAL", "standard"),
        ("SOFT|SMOOTH", "soft"),
    ):
        if re.search(words, upper):
            return kind
    return "unknown"
