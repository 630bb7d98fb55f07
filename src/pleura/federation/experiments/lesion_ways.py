"""A training seed in; the pixels that a segmenter finds in the test cases, trained pooled and federated, out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import cast

import numpy as np
from torch import nn

from pleura.data.cohort import Case
from pleura.data.segmentation.stacks import Stack, StackCache
from pleura.federation.experiments.arms import Arm, Arms, Facts
from pleura.federation.experiments.lesion_cases import LesionCases, read_lesion_cases, write_lesion_cases
from pleura.federation.experiments.opening import Experiment
from pleura.federation.experiments.small_batches import with_small_batches
from pleura.federation.experiments.trio import FEDERATED, POOLED
from pleura.federation.experiments.workshop import wire
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.alone import train_alone
from pleura.federation.learning.hospital import own_network, prepare_hospital
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.simulation.progress import PROGRESS
from pleura.federation.simulation.results import as_written
from pleura.federation.simulation.simulate import simulate
from pleura.models.device import choose_device
from pleura.models.segmenter import Segmenter
from pleura.training.segmentation.judge import Counts, count_pixels
from pleura.training.segmentation.recipe import SegmenterRecipe

__all__ = ["LesionWays"]


@dataclass(frozen=True, eq=False)
class LesionWays:
    """Both ways to train of one seed.

    Parameters
    ----------
    experiment : with its cohort and folders
    recipe : with the seed
    settings : of the federation
    folder : for the arms
    """

    experiment: Experiment
    recipe: SegmenterRecipe
    settings: FederationSettings
    folder: Path

    def go(self, way: str) -> Arm[LesionCases]:
        """Train one way, POOLED or FEDERATED, and judge, or take what was kept; errors as of `simulate`."""
        return self._arms.get(way, self._pooled if way == POOLED else self._federated)

    @cached_property
    def _arms(self) -> Arms[LesionCases]:
        cases = [[case.case, case.hospital, case.split, self._cache.key(case)] for case in self.experiment.cohort.cases]
        decisive = [Agreement(self.recipe, self.settings).digest, cases]
        run = sha256(json.dumps(decisive).encode()).hexdigest()
        watcher = self.experiment.watcher
        return Arms(self.folder / "arms", run, watcher, read=read_lesion_cases, write=write_lesion_cases)

    @property
    def _cache(self) -> StackCache:
        return StackCache(self.experiment.cache / "masked", self.recipe.input, self.recipe.task)

    @cached_property
    def _tested(self) -> tuple[tuple[Case, ...], Sequence[Stack]]:
        cases, watcher = self.experiment.cohort.split("test"), self.experiment.watcher
        watcher.start("preparing slices to be judged on", len(cases))
        workers = self.experiment.workers
        return cases, self._cache.load(cases, workers=workers, on_done=lambda _: watcher.advance())

    def _pooled(self) -> tuple[LesionCases, Facts]:
        experiment, draw = self.experiment, self.recipe.draw
        recipe = replace(self.recipe, draw=replace(draw, examples=draw.examples * len(experiment.hospitals)))
        together = prepare_hospital(
            POOLED,
            recipe,
            experiment.cohort,
            device=experiment.device,
            cache_folder=experiment.cache,
            workers=experiment.workers,
            watcher=experiment.watcher,
        )
        start = Agreement(recipe, self.settings).begin(None)
        state = train_alone(together, start, self.settings, watcher=experiment.watcher)
        written = replace(state, tensors=as_written(state.tensors, half=recipe.half))
        return self._judge(own_network(together, written, {})), {}

    def _federated(self) -> tuple[LesionCases, Facts]:
        experiment, path = self.experiment, self.folder / FEDERATED
        simulated = simulate(
            with_small_batches(self.recipe, len(experiment.hospitals)),
            experiment.cohort,
            path,
            self.settings,
            device=experiment.device,
            resume=(path / PROGRESS).is_file(),
            cache_folder=experiment.cache,
            workers=experiment.workers,
            watcher=experiment.watcher,
        )
        return self._judge(simulated.models[0].network.to(choose_device(experiment.device))), wire(simulated)

    def _judge(self, network: nn.Module) -> LesionCases:
        (cases, stacks), watcher = self._tested, self.experiment.watcher
        watcher.start("judging", len(cases))
        counted: list[Counts] = []
        for stack in stacks:
            counted.append(
                count_pixels(
                    cast("Segmenter", network),
                    self.recipe.input,
                    stack,
                    most=self.recipe.input.slices,
                    inside=True,
                    device=choose_device(self.experiment.device),
                    precision=self.recipe.training.precision,
                )
            )
            watcher.advance()
        shared, found, there = (
            np.array([getattr(one, name).sum() for one in counted], dtype=np.float64)
            for name in ("shared", "found", "there")
        )
        return LesionCases(
            cases=tuple(case.case for case in cases),
            patients=tuple(case.patient for case in cases),
            hospitals=tuple(case.hospital for case in cases),
            shared=shared,
            found=found,
            there=there,
            lungs=np.array([one.lungs for one in counted], dtype=np.float64),
        )
