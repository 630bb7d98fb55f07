"""A report made by hand, for tests of its views."""

from pleura.diagnosis.report import (
    Classification,
    ClinicalDiagnosis,
    ClinicalFeature,
    Explanation,
    LesionFindings,
    LesionFocus,
    LesionRegion,
    LungMeasurements,
    ModelInfo,
    Provenance,
    Report,
    SeriesInfo,
    SliceCleaning,
    StepwiseDiagnosis,
    StudyInfo,
)

__all__ = ["covidet_parts", "lesion_part", "sample_report"]


def sample_report(**changes: object) -> Report:
    """A whole report; fields of the top level can be replaced."""
    report = Report(
        warnings=("Trained on synthetic data only.",),
        study=StudyInfo(
            format="dicom",
            patient_id="P-17 <script>alert(1)</script>",
            study_date="20200417",
            study_uid="1.2.3",
            series_uid="1.2.3.4",
            series_description="Chest & more",
            manufacturer="Acme",
            scanner="One",
            kernel="L",
            shape=(64, 512, 512),
            spacing_mm=(5.0, 0.8, 0.8),
            sha256="ab" * 32,
        ),
        series=(
            SeriesInfo(series_uid="1.2.3.4", description="used one", chosen=True, reasons=("lung kernel",)),
            SeriesInfo(series_uid="1.2.3.5", description="other one", chosen=False, reasons=("soft kernel",)),
        ),
        lungs=LungMeasurements(right_ml=2500.0, left_ml=2100.0, first_slice=3, last_slice=60),
        classification=Classification(
            classes=("healthy", "covid-19", "other-viral", "bacterial"),
            probabilities=(0.0004, 0.9, 0.0796, 0.02),
            subset_probabilities=((0.0002, 0.95, 0.04, 0.0098), (0.0006, 0.85, 0.1192, 0.0302)),
            subset_slices=(tuple(range(16)), tuple(range(2, 18))),
            top_class="covid-19",
            answer="covid-19",
            threshold=0.5,
        ),
        severity=None,
        explanation=Explanation(
            method="Grad-CAM",
            target_class="covid-19",
            share_in_lungs=0.8,
            peak_slice=12,
            peak_lps_mm=(-60.0, 30.0, 100.0),
            peak_side="right lung",
        ),
        quality=("slices are 5 mm thick",),
        model=ModelInfo(
            name="sample",
            id="cd" * 32,
            architecture="densenet3d",
            licence="Apache-2.0",
            synthetic_training_data=True,
            training_data="synthetic",
            performance="none",
        ),
        provenance=Provenance(
            created="2026-01-01T00:00:00Z",
            pleura="0",
            python="3.11",
            torch="2",
            device="cpu",
            seed=0,
            settings={"window": "-1200..600"},
            seconds={"read": 0.5},
        ),
    )
    return report.model_copy(update=changes)


def covidet_parts() -> dict[str, object]:
    """Give the parts of a report that CoviDet's models add, to replace the empty ones of `sample_report`."""
    model = sample_report().model
    return {
        "cleaning": SliceCleaning(
            total=6,
            kept=4,
            lung_slices=5,
            kept_in_lungs=4,
            reasons={"no-lung": 1, "metal": 1},
            slice_reasons=("no-lung", "", "", "metal", "", ""),
            cutoff=0.5,
            verdict="fit",
            rule="Fewer than 8 are too few.",
            note="4 of 5 slices within the lungs are fit for diagnosis; the others: metal (1).",
            model=model.model_copy(update={"name": "sample-cleaner", "id": "11" * 32}),
        ),
        "stepwise": StepwiseDiagnosis(
            name="sample-steps",
            viral=0.8,
            covid_given_viral=0.25,
            covid=0.2,
            answer="other-viral",
            rule="the rule",
            viral_cut_off=0.55,
            covid_cut_off=0.31,
            cut_offs_from="Youden, validation cases, 2026-01-01",
            slices_seen=4,
            slices_left_out=1,
            models=(
                model.model_copy(update={"name": "sample-dl1", "id": "22" * 32}),
                model.model_copy(update={"name": "sample-dl2", "id": "33" * 32}),
            ),
        ),
        "agreement": "Four classes and two steps disagree.",
        "clinical": ClinicalDiagnosis(
            disease="covid-19",
            other="other-viral",
            clinical_probability=0.7,
            ct_probability=0.25,
            fused_probability=0.45,
            fusion="average",
            decision=0.5,
            base=0.1,
            kernel="linear",
            evidence_method="Each feature's part of the decision value.",
            features=(
                ClinicalFeature(
                    name="crp", label="C-reactive protein", value="88 mg/l", imputed=None, evidence=0.6, importance=0.02
                ),
                ClinicalFeature(
                    name="cough", label="Cough <b>", value=None, imputed="yes", evidence=-0.2, importance=None
                ),
            ),
            missing=("cough",),
            sentence="0.70 by clinical data.",
            model=model.model_copy(update={"name": "sample-dl3", "id": "44" * 32}),
        ),
    }


def _region(name: str, lung: float, lesion: float) -> LesionRegion:
    return LesionRegion(
        name=name,
        lung_ml=lung,
        lesion_ml=lesion,
        ratio=lesion / lung,
        ground_glass_ml=0.75 * lesion,
        consolidation_ml=0.25 * lesion,
    )


def lesion_part() -> LesionFindings:
    """Lesions in a twentieth of the lungs."""
    return LesionFindings(
        whole=_region("both lungs", 4600, 230),
        right=_region("right lung", 2500, 200),
        left=_region("left lung", 2100, 30),
        thirds=(_region("right upper third", 800, 0.004),),
        lobes=(),
        consolidation_from_hu=-300,
        mean_hu=-500.0,
        count=7,
        least_ml=0.1,
        foci=(
            LesionFocus(
                volume_ml=120.0,
                share=120 / 230,
                side="right lung",
                third="lower",
                lobe=None,
                centre_lps_mm=(-60.5, 33.0, 110.2),
                slice=20,
                slices=(11, 30),
                mean_hu=-410.0,
            ),
        ),
        key_slices=(20,),
        outside_ml=0.0,
        sentence="Lesions fill a twentieth.",
        method="Voxels were counted.",
        model=sample_report().model,
    )
