import numpy as np
import pytest

from pleura.data.cohort import COURSES
from pleura.data.synthetic.courses import TEMPO, Course, draw_course, study_days
from pleura.errors import CohortError

SEEDS = range(400)
DAYS = np.arange(0, 46)


@pytest.fixture(scope="module")
def covid() -> dict[str, list[Course]]:
    """Courses of COVID-19 by name."""
    drawn = [draw_course(seed, "covid-19", 2) for seed in SEEDS]
    return {name: [course for course in drawn if course.name == name] for name in COURSES}


def curve(course: Course) -> np.ndarray:
    return np.array([course.extent(day) for day in DAYS])


def test_recovery_is_the_most_frequent_of_four_courses(covid) -> None:
    counts = {name: len(courses) for name, courses in covid.items()}
    assert min(counts.values()) > 40
    assert max(counts, key=counts.get) == "peak-recovery"


def test_recovery_peaks_about_day_10_after_a_third_of_that_in_the_first_four_days(covid) -> None:
    mean = np.mean([curve(course) for course in covid["peak-recovery"]], axis=0)
    assert 9 <= DAYS[mean.argmax()] <= 11  # Pan et al. 2020
    assert mean[:5].mean() / mean.max() == pytest.approx(1 / 3, abs=0.06)
    for course in covid["peak-recovery"]:
        extents = curve(course)
        assert extents.max() == pytest.approx(1.0, abs=0.02)
        assert (np.diff(extents[14:]) <= 1e-9).all()
        assert extents[-1] < 0.15


def test_a_relapse_rises_again_after_it_fell(covid) -> None:
    for course in covid["relapse"]:
        extents = curve(course)
        turns = np.flatnonzero(np.diff(np.sign(np.diff(extents)))) + 1
        first, trough, second = turns[:3]
        assert extents[trough] < 0.6
        assert extents[first] > 0.9
        assert extents[second] > 0.8


def test_a_plateau_stays_and_a_deterioration_only_grows(covid) -> None:
    for course in covid["plateau"]:
        extents = curve(course)
        assert extents[13:28].min() > 0.75
        assert extents.max() <= 1.0
    for course in covid["deterioration"]:
        extents = curve(course)
        assert (np.diff(extents) >= -1e-9).all()
        assert 1.2 < extents[28] <= 1.5


def test_other_diseases_go_the_same_ways_at_their_own_pace() -> None:
    for label, tempo in TEMPO.items():
        for seed in range(20):
            course, like = draw_course(seed, label, 2), draw_course(seed, "covid-19", 2)
            assert course.name == like.name
            assert course.extent(12 * tempo) == pytest.approx(like.extent(12))


def test_septa_belong_to_the_peak_and_bands_to_clearing(covid) -> None:
    for course in covid["peak-recovery"]:
        early, peak, late = (course.stage(day) for day in (0, round(course.peak), 45))
        assert early.crazy_paving < peak.crazy_paving
        assert early.consolidation < peak.consolidation > late.consolidation
        assert late.crazy_paving == 0.0
        assert early.bands == 0.0 < late.bands
        assert late.day == 45
        assert late.extent == pytest.approx(course.extent(45), abs=1e-4)


def test_severe_and_bacterial_disease_is_more_consolidated() -> None:
    def mean(label: str, severity: int) -> float:
        return float(np.mean([draw_course(seed, label, severity).consolidated for seed in range(200)]))

    assert mean("covid-19", 1) < mean("covid-19", 3) < mean("bacterial", 1)


@pytest.mark.parametrize("label", list(TEMPO))
@pytest.mark.parametrize("studies", [1, 2, 3, 5, 9, 20])
def test_studies_come_in_order_and_cover_the_course(label: str, studies: int) -> None:
    for seed in range(30):
        days = study_days(seed, label, studies)
        assert len(days) == studies
        assert days[0] >= 0
        assert list(days) == sorted(set(days))
        if studies > 1:
            assert days[-1] - days[0] >= 0.75 * 24 * TEMPO[label]


def test_the_same_seed_gives_the_same_course_and_a_label_without_one_is_refused() -> None:
    assert draw_course(5, "covid-19", 2) == draw_course(5, "covid-19", 2)
    assert draw_course(5, "covid-19", 2) != draw_course(6, "covid-19", 2)
    assert study_days(5, "covid-19", 4) == study_days(5, "covid-19", 4)
    with pytest.raises(CohortError, match="healthy has no course"):
        draw_course(5, "healthy", 0)
