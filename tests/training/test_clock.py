"""The time of training: what was begun counts, whoever waits for it; what is done in pauses does not."""

import pytest
import torch

from oodflow.data import ImageSet, TrainingBatches
from oodflow.flows import GlowConfig
from oodflow.training import Clock, TrainingConfig, TrainState, train


class Device:
    """A device that works behind the program, and the time that passes with that."""

    def __init__(self) -> None:
        self.time, self.busy_until = 0.0, 0.0

    def begin(self, seconds: float) -> None:
        self.busy_until = max(self.time, self.busy_until) + seconds

    def wait(self) -> None:
        self.time = max(self.time, self.busy_until)

    def clock(self) -> Clock:
        return Clock(self.wait, lambda: self.time)


@pytest.mark.parametrize("reads", [(), (2,), (1, 2, 3)])
def test_what_steps_began_counts_whether_or_not_somebody_reads_it(reads):
    device = Device()
    clock = device.clock()
    with clock.running():
        for step in (1, 2, 3):
            device.time += 1.0  # the program, before
            device.begin(5.0)
            if step in reads:
                device.wait()
            with clock.paused():
                device.time += 100.0  # a look
    assert clock.seconds == 18.0


def test_it_waits_at_its_end():
    device = Device()
    with (clock := device.clock()).running():
        device.begin(7.0)
    assert clock.seconds == 7.0


def test_a_pause_in_a_pause_or_before_the_start_changes_nothing():
    device = Device()
    clock = device.clock()
    with clock.paused():
        device.time += 1.0
    with clock.running():
        device.time += 2.0
        with clock.paused(), clock.paused():
            device.time += 4.0
        device.time += 8.0
        assert clock.seconds == 10.0
    assert clock.seconds == 10.0


def test_it_goes_on_after_a_failure_in_a_pause():
    device = Device()
    clock = device.clock()
    with clock.running():
        with pytest.raises(KeyError), clock.paused():
            device.time += 1.0
            raise KeyError
        device.time += 2.0
    assert clock.seconds == 2.0


def test_looks_and_savings_do_not_count_and_other_callbacks_do(tmp_path):
    config = TrainingConfig(steps=3, batch_size=2)
    device = Device()
    state = TrainState.start(GlowConfig(steps=1, width=4).build((1, 4, 4)), config)
    state.clock = device.clock()

    def callback(state, report):
        device.time += 1.0
        with state.evaluating():
            device.time += 10.0
        state.save(tmp_path / "checkpoint.safetensors", config)

    images = ImageSet.from_array(torch.zeros((4, 1, 4, 4), dtype=torch.uint8).numpy())
    train(state, TrainingBatches(images, 2, 0), config, callbacks=[callback])
    assert state.seconds == 3.0
    resumed = TrainState.start(GlowConfig(steps=1, width=4).build((1, 4, 4)), config)
    resumed.restore(tmp_path / "checkpoint.safetensors", config)
    assert resumed.seconds == 3.0
