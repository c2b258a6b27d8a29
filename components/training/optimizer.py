"""AdamW with a warm-up and a decay of the learning rate, as BERT is trained."""

import math
from typing import Literal

import tensorflow as tf
import tf_keras as keras

NOT_DECAYED = ["bias", "LayerNorm", "layer_norm"]
UNKNOWN_END = 1e9  # training that only time limits: the rate stays near 0 until `move_end` is called


class WarmupDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises linearly from 0 to its peak and falls to 0 at the end of training.

    It falls in a straight line, or along half a cosine (Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts).

    The end can be moved while training runs, for training that time limits: see `move_end`.

    Example:
        >>> schedule = WarmupDecay(peak=1.0, total_steps=100, warmup_share=0.1)
        >>> [float(schedule(step)) for step in (0, 5, 10, 55, 100)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        peak: float,
        total_steps: int | None,
        warmup_share: float = 0.0,
        warmup_steps: int | None = None,
        decay: Literal["linear", "cosine"] = "linear",
    ) -> None:
        """Sets the two slopes.

        Args:
            peak: Highest rate, at the end of the warm-up.
            total_steps: The step at which the rate is 0 again; None: not known before `move_end`.
            warmup_share: Share of the steps before the peak.
            warmup_steps: Number of steps before the peak; replaces ``warmup_share``.
            decay: How the rate falls.
        """
        super().__init__()
        self.peak = peak
        self.warmup_share = warmup_share
        self.warmup_steps = warmup_steps
        self.decay = decay
        self.end = tf.Variable(float(total_steps or UNKNOWN_END), trainable=False, name="last_step")

    def __call__(self, step: tf.Tensor | int) -> tf.Tensor:
        """The rate at a step, counted from 0: a float32 scalar, 0 from the end on."""
        step = tf.cast(step, tf.float32)
        warmup = self.warmup_share * self.end if self.warmup_steps is None else tf.constant(float(self.warmup_steps))
        rising = tf.where(step < warmup, step / tf.maximum(warmup, 1.0), 1.0)
        left = tf.clip_by_value((self.end - step) / tf.maximum(self.end - warmup, 1.0), 0.0, 1.0)
        falling = left if self.decay == "linear" else (1.0 - tf.cos(math.pi * left)) / 2.0
        return self.peak * tf.minimum(rising, falling)

    def move_end(self, total_steps: float) -> None:
        """Lets the rate reach 0 at another step."""
        self.end.assign(total_steps)

    def get_config(self) -> dict[str, float | int | str | None]:
        """What the constructor takes."""
        return {
            "peak": self.peak,
            "total_steps": int(self.end.numpy()),
            "warmup_share": self.warmup_share,
            "warmup_steps": self.warmup_steps,
            "decay": self.decay,
        }


def adamw(
    schedule: WarmupDecay, weight_decay: float, clip_norm: float | None, loss_scaling: bool = False
) -> keras.optimizers.Optimizer:
    """Makes the optimizer: Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101).

    Args:
        schedule: The learning rate.
        weight_decay: In every step weights lose this share times the learning rate; biases and LayerNorm do
            not.
        clip_norm: Gradients with a larger global norm are scaled down to it; None: never.
        loss_scaling: Whether the loss is to be scaled, as float16 needs, by a factor that follows what the gradients
            can bear (Micikevicius et al. 2018, arXiv:1710.03740). A step whose gradients overflow counts, but changes
            nothing.

    Returns:
        A Keras optimizer with BERT's ``beta`` and ``epsilon``.
    """
    optimizer = keras.optimizers.AdamW(
        schedule,
        weight_decay=weight_decay,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-6,
        global_clipnorm=clip_norm,
        jit_compile=False,  # the whole training step is compiled, or nothing is
    )
    optimizer.exclude_from_weight_decay(var_names=NOT_DECAYED)
    return keras.mixed_precision.LossScaleOptimizer(optimizer) if loss_scaling else optimizer
