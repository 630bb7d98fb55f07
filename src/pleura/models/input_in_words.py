"""How a study becomes a network's input, in; a sentence for a paper's methods out."""

from pleura.settings import InputSettings

__all__ = ["input_in_words"]


def input_in_words(settings: InputSettings) -> str:
    """Say what is done to a study before the network sees it.

    Parameters
    ----------
    settings : of a recipe or a model's card
    """
    field = "the whole slice" if settings.field == "slice" else "a square around the lungs"
    if settings.interval == "every":
        taken = f"every slice of them is taken, and of more than {settings.slices} as many, evenly spread"
    else:
        taken = f"{settings.slices} slices spread over them make a subset"
    return (
        f"Lungs are found; {taken}; {field} is resampled to "
        f"{settings.size} x {settings.size}, clipped to {settings.window_low} to {settings.window_high} HU, less "
        f"{settings.mean:.1f} HU and over {settings.std:.1f} HU."
    )
