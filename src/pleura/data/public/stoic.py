"""A folder of STOIC2021's public training set in, its scans out: MetaImage files and a table of two answers.

Documented: `data/mha/ID.mha`, one scan a patient, and `metadata/reference.csv` with the columns PatientID, probCOVID
and probSevere, 0 or 1 each: whether RT-PCR was positive, and whether the patient died or had to be intubated within a
month. Age, by decades, and sex are in the headers of the files.

References
----------
stoic2021.grand-challenge.org/stoic-db: files, answers and headers.
Revel et al. (2021), Radiology, doi 10.1148/radiol.2021210384: the study.
registry.opendata.aws/stoic2021-training: the data set, CC BY-NC 4.0.
"""

from pathlib import Path

from pleura.data.public.found import FoundScan, Layout, LeftOut, Survey, children, read_table
from pleura.errors import CohortError

__all__ = ["STOIC2021"]

_ANSWERS = {"0": 0, "0.0": 0, "1": 1, "1.0": 1}


def _survey(folder: Path) -> Survey:
    table, images = folder / "metadata" / "reference.csv", folder / "data" / "mha"
    if not table.is_file() or not images.is_dir():
        raise CohortError(
            f"{folder} has no metadata/reference.csv or no data/mha; give the folder that stoic2021-training was "
            "copied to"
        )
    files = {path.stem: path for path in children(images, folders=False) if path.suffix.lower() == ".mha"}
    scans: list[FoundScan] = []
    left_out: list[LeftOut] = []
    for row in read_table(table, ("PatientID", "probCOVID", "probSevere")):
        patient = row["PatientID"]
        covid, severe = _ANSWERS.get(row["probCOVID"]), _ANSWERS.get(row["probSevere"])
        path = files.pop(patient, None)
        if path is None:
            left_out.append(LeftOut(patient, f"no file {patient}.mha, or the table names it twice"))
        elif covid is None or severe is None:
            said = f'probCOVID is "{row["probCOVID"]}", probSevere "{row["probSevere"]}"; each is 0 or 1'
            left_out.append(LeftOut(patient, said))
        else:
            scans.append(
                FoundScan(
                    name=patient,
                    patient=patient,
                    source_class="positive" if covid else "negative",
                    form="metaimage",
                    study=path,
                    more={"outcome": "severe" if severe else "not severe"},
                )
            )
    left_out += [LeftOut(path.name, "not in metadata/reference.csv") for path in files.values()]
    return Survey(scans=tuple(scans), left_out=tuple(left_out))


STOIC2021 = Layout(
    name="stoic2021",
    title="STOIC2021",
    survey=_survey,
    labels={"positive": "covid-19", "negative": None},
    unsaid={"negative": "a negative RT-PCR does not say what else the patient had"},
    remarks=(
        "severe outcome (death or intubation within a month) stands in the column outcome; it is no grade of what the "
        "scan shows, so severity is 0",
        "age is the source's group of ten years",
    ),
    licence="CC BY-NC 4.0",
    citation="Revel et al., Radiology (2021), doi 10.1148/radiol.2021210384",
    address="https://registry.opendata.aws/stoic2021-training",
)
