import numpy as np

from pleura.data.synthetic.streams import stream


def test_a_stream_repeats_and_differs_by_seed_and_by_purpose() -> None:
    first = stream(7, "noise").standard_normal(4)
    assert np.array_equal(first, stream(7, "noise").standard_normal(4))
    assert not np.array_equal(first, stream(8, "noise").standard_normal(4))
    assert not np.array_equal(first, stream(7, "shape").standard_normal(4))


def test_the_lowest_32_bits_of_a_seed_count() -> None:
    assert np.array_equal(stream(5, "a").standard_normal(3), stream(5 + 2**32, "a").standard_normal(3))
