import numpy as np

from pleura.data.synthetic.anatomy.capsules import OVER, VESSEL, ball, frame_along, spline, stroke, tinted


def test_spline_goes_through_its_knots_without_a_gap() -> None:
    knots = np.array([[0.0, 0, 0, 3], [10, 5, 0, 2], [20, 0, 8, 1]])
    tube = spline(knots, pieces=4)
    assert tube.shape == (8, 8)
    assert np.allclose(tube[1:, :4], tube[:-1, 4:])
    assert np.allclose(tube[[0, 4], :4], knots[:2])
    assert np.allclose(tube[-1, 4:], knots[2])
    assert (tube[:, 3] >= tube[:, 7]).all(), "a tapering tube tapers everywhere"


def test_rows_ready_to_be_painted() -> None:
    tube = np.arange(18.0).reshape(2, 9)
    painted = tinted(tube, 40.0, OVER, 0.5, thicker=1.5)
    assert painted.shape == (2, 11)
    assert painted[0].tolist() == [0, 1, 2, 4.5, 4, 5, 6, 8.5, 40, OVER, 0.5]
    assert tube[0, 3] == 3, "the input stays as it was"
    assert stroke(np.zeros(3), 1.0, np.ones(3), 0.5, 20.0).tolist() == [0, 0, 0, 1, 1, 1, 1, 0.5, 20, VESSEL, 0]
    assert ball(np.ones(3), 2.0, 30.0, OVER)[[0, 3, 7, 8]].tolist() == [1, 2, 2, 30]


def test_frame_is_orthonormal_and_begins_with_the_direction() -> None:
    frame = frame_along([3.0, 4.0, 1.0])
    assert np.allclose(frame @ frame.T, np.eye(3))
    assert np.allclose(frame[0], np.array([3, 4, 1]) / np.sqrt(26))
