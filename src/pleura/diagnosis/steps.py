"""The names of steps in; which steps a diagnosis takes, and why the others are left out, out."""

from collections.abc import Mapping
from dataclasses import dataclass

from pleura.errors import RecipeError

__all__ = ["EVERYTHING", "STEPS", "Step", "StepChoice", "StepPlan", "choose_steps"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a diagnosis that may be left out."""

    name: str
    title: str
    """What it does, for a reader."""
    needs: tuple[str, ...] = ()
    """The steps whose answers it is made from."""


_IN_ORDER = (
    Step(name="clean", title="slices that are fit for diagnosis"),
    Step(name="four-class", title="healthy, COVID-19, other viral or bacterial pneumonia (UCADI)"),
    Step(name="dl1", title="viral pneumonia or not (CoviDet)"),
    Step(name="dl2", title="COVID-19 or another viral pneumonia (CoviDet)"),
    Step(name="stepwise", title="COVID-19 against everything else, by dl1 and dl2", needs=("dl1", "dl2")),
    Step(name="dl3", title="COVID-19 or another viral pneumonia by clinical data, and with dl2's answer"),
    Step(name="lesions", title="lesions, and how much of the lungs they take"),
    Step(name="severity", title="grade of COVID-19 (UCADI)", needs=("four-class",)),
    Step(name="heat-map", title="where the four-class model looked (Grad-CAM)", needs=("four-class",)),
)
STEPS = {step.name: step for step in _IN_ORDER}
"""All steps by name, in the order in which they are done; each comes after those that it needs."""


@dataclass(frozen=True, kw_only=True)
class StepChoice:
    """Which steps somebody asked for, and which not.

    Raises
    ------
    RecipeError
        If a name is unknown, or a step is asked for and one that it needs is to be left out.
    """

    only: tuple[str, ...] = ()
    """These and what they need; all where it is empty."""
    without: tuple[str, ...] = ()
    """Not these, and not what needs them."""

    def __post_init__(self) -> None:
        for name in (*self.only, *self.without):
            if name not in STEPS:
                raise RecipeError(f'no step is called "{name}"; the steps are {", ".join(STEPS)}')
        for name in self.only:
            clash = next((one for one in (name, *STEPS[name].needs) if one in self.without), None)
            if clash == name:
                raise RecipeError(f"step {name} is asked for and left out; choose one")
            if clash is not None:
                raise RecipeError(f"step {name} needs {clash}, which is left out; leave out {name} too, or neither")

    @property
    def left_out(self) -> Mapping[str, str]:
        """The steps that are not to be done, each with the reason."""
        wanted = set(self.only) | {need for name in self.only for need in STEPS[name].needs}
        found: dict[str, str] = {}
        for name, step in STEPS.items():
            if name in self.without:
                found[name] = "not wanted"
            elif self.only and name not in wanted:
                found[name] = f"only {', '.join(self.only)} asked"
            else:
                gone = [need for need in step.needs if need in found]
                if gone:
                    found[name] = f"needs {gone[0]}, which is left out"
        return found

    def asks(self, name: str) -> bool:
        """Whether a step is to be done, as far as this choice goes."""
        return name not in self.left_out


EVERYTHING = StepChoice()
"""All steps that can be done."""


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """What becomes of each step of one diagnosis, as far as it is known before it begins."""

    left_out: Mapping[str, str]
    """Step -> why it is not done."""
    added: Mapping[str, str]
    """Step -> why it is done though it was not named where others were."""


def choose_steps(choice: StepChoice, absent: Mapping[str, str]) -> StepPlan:
    """Plan a diagnosis.

    Parameters
    ----------
    choice : what was asked for
    absent : step -> what it lacks, such as a model; of the steps that cannot be done

    Raises
    ------
    RecipeError
        If a step that was asked for by name lacks something, or needs one that does; or if no step remains.
    """
    left_out = dict(choice.left_out)
    for name, step in STEPS.items():
        if name in left_out:
            continue
        why = absent.get(name)
        gone = [need for need in step.needs if need in left_out]
        if why is None and gone:
            why = f"needs {gone[0]}: {left_out[gone[0]]}"
        if why is None:
            continue
        if name in choice.only:
            raise RecipeError(f"step {name} is asked for, but cannot be done: {why}")
        left_out[name] = why
    if len(left_out) == len(STEPS):
        raise RecipeError(f"no step is left to do; choose one or more of {', '.join(STEPS)}, with a model for each")
    needed = {
        need: f"needed by {name}" for name in choice.only for need in STEPS[name].needs if need not in choice.only
    }
    return StepPlan(left_out=left_out, added=needed)
