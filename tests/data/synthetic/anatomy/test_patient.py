import numpy as np

from pleura.data.synthetic.anatomy.patient import Patient


def test_a_seed_is_a_person_and_many_seeds_a_plausible_crowd() -> None:
    assert Patient.draw(4) == Patient.draw(4) != Patient.draw(5)
    crowd = [Patient.draw(seed) for seed in range(1500)]
    women = np.array([p.sex == "F" for p in crowd])
    age = np.array([p.age for p in crowd])
    height = np.array([p.height for p in crowd])
    assert abs(women.mean() - 0.47) < 0.04  # three standard errors
    assert (age.min(), age.max()) == (18, 92)
    assert abs(np.median(age) - 57) < 2
    assert 0.90 < height[women].mean() / height[~women].mean() < 0.92
    assert all(p.emphysema == 0 for p in crowd if p.age <= 40)
