import pytest

from pleura.errors import ModelError
from pleura.models.deeplab import DeepLabV3Plus
from pleura.models.densenet3d import DenseNet3d
from pleura.models.registry import create_network
from pleura.models.segmenter import Segmenter


def test_a_name_and_arguments_make_a_network() -> None:
    network = create_network("densenet3d", growth=4, classes=3)
    assert isinstance(network, DenseNet3d)
    assert network.classifier.out_features == 3


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        ModelError, match='unknown architecture "resnet"; known are deeplabv3plus-densenet121, densenet3d'
    ):
        create_network("resnet")


@pytest.mark.parametrize("wrong", [{"depth": 3}, {"growth": 0}, {"growth": 2.5}, {"growth": "wide"}])
def test_arguments_that_do_not_fit_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ModelError, match="densenet3d cannot be made with"):
        create_network("densenet3d", **wrong)


def test_a_network_of_another_kind_is_refused() -> None:
    narrow = {"growth": 2, "stem": 4, "aspp": 4, "low_level": 2}
    assert isinstance(create_network("deeplabv3plus-densenet121", Segmenter, **narrow), DeepLabV3Plus)
    with pytest.raises(ModelError, match="deeplabv3plus-densenet121 is a segmenter, and a classifier is needed"):
        create_network("deeplabv3plus-densenet121", **narrow)
    with pytest.raises(ModelError, match="densenet3d is a classifier, and a segmenter is needed"):
        create_network("densenet3d", Segmenter)
