import pytest

from pleura.errors import ModelError
from pleura.models.densenet3d import DenseNet3d
from pleura.models.registry import create_network


def test_a_name_and_arguments_make_a_network() -> None:
    network = create_network("densenet3d", growth=4, classes=3)
    assert isinstance(network, DenseNet3d)
    assert network.classifier.out_features == 3


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match='unknown architecture "resnet"; known are densenet3d'):
        create_network("resnet")


@pytest.mark.parametrize("wrong", [{"depth": 3}, {"growth": 0}, {"growth": 2.5}, {"growth": "wide"}])
def test_arguments_that_do_not_fit_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ModelError, match="densenet3d cannot be made with"):
        create_network("densenet3d", **wrong)
