import json
import math
from itertools import pairwise

import pytest

from daiw.train.pace import Pace


class Clock:
    """A clock that goes on by so many seconds each time it is looked at."""

    def __init__(self, each):
        self.now, self.each = 0.0, each

    def __call__(self):
        self.now += self.each
        return self.now


def test_what_was_planned_is_kept_where_it_fits():
    pace = Pace(100.0, 4, Clock(0.0))
    pace.stepped(1.0)
    assert pace.steps(1, 50, 10) == 50


def test_a_machine_that_grows_busy_makes_fewer_steps():
    clock = Clock(0.0)
    pace = Pace(100.0, 4, clock, look_s=5.0)
    pace.stepped(1.0)
    clock.now = 40.0
    before = pace.steps(20, 60, 10)
    assert before == 20 + math.floor(55.0 / 1.5)
    for _ in range(20):
        pace.stepped(5.0)
    assert 20 < pace.steps(20, 60, 10) < before
    clock.now = 1000.0
    assert pace.steps(20, 60, 10) == 20
    assert pace.steps(2, 60, 10) == 4, "the fewest are made in any case"


class Toy:
    """A network of two matrices that learns nothing in particular."""

    def __init__(self, torch):
        self.torch, self.about = torch, {}

    def model(self):
        model = self.torch.nn.Module()
        weights = {"0_query": self.torch.nn.Parameter(self.torch.eye(2)), "head": self.torch.nn.Parameter(self.torch.eye(2))}
        model.weights = self.torch.nn.ParameterDict(weights)
        return model

    def batches(self, epoch):
        return [[0]] * 7

    def loss(self, model, chosen, world, step):
        return sum((weight**2).sum() for weight in model.weights.values()), 1.0

    def validate(self, model, world):
        return {"toy": sum(float((weight.detach() ** 2).sum()) for weight in model.weights.values())}

    def score(self, figures):
        return figures["toy"]


@pytest.mark.parametrize("each", [0.01, 0.9, 3.0])
def test_a_run_ends_when_its_time_does_with_a_last_look_and_the_rates_fallen(tmp_path, each):
    torch = pytest.importorskip("torch", reason="training needs torch")
    from daiw.train.run import Run, Watch
    from daiw.train.settings import Settings

    settings = Settings(steps=60, warm_up=2, batch_tokens=1)
    run = Run(Toy(torch), tmp_path / "run", settings)
    seen = []
    pace = Pace(120.0, 6, Clock(each))
    run.train(10, Watch(lambda line: None, lambda step, steps, loss: seen.append((step, steps))), pace)
    assert seen[-1][0] == seen[-1][1] == run.step
    assert (run.step == 60) == (each == 0.01)
    assert run.step >= 6
    assert json.loads((tmp_path / "run" / "curve.jsonl").read_text().splitlines()[-1])["step"] == run.step, "the last step is judged"
    assert pace.clock.now <= 120.0 + 12 * each
    assert run.steppers[0].param_groups[0]["lr"] < 0.4 * settings.muon_rate
    assert all(later <= earlier + 1 for (_, earlier), (_, later) in pairwise(seen)), "an even pace has one end, to a rounding"


def test_a_plan_that_a_busy_hour_shortened_grows_again(tmp_path):
    torch = pytest.importorskip("torch", reason="training needs torch")
    from daiw.train.run import Run, Watch
    from daiw.train.settings import Settings

    clock, told = Clock(0.0), []

    class Busy(Toy):
        def loss(self, model, chosen, world, step):
            clock.now += 20.0 if 5 <= step < 10 else 0.5
            return super().loss(model, chosen, world, step)

    run = Run(Busy(torch), tmp_path / "run", Settings(steps=60, warm_up=2, batch_tokens=1))
    run.train(10, Watch(lambda line: None, lambda step, steps, loss: told.append(steps)), Pace(160.0, 6, clock))
    assert min(told) < 30, "while it is busy, fewer steps fit"
    assert told[-1] == run.step == 60
