"""AdamW with a rate of its own for every depth (Howard & Ruder 2018, arXiv:1801.06146; Sun et al. 2019, 1905.05583).

Adam's steps do not depend on the size of the gradients, so it is the rate that must differ: every depth has an AdamW of
its own, all with the same schedule.
"""

from collections.abc import Sequence

import tensorflow as tf
import tf_keras

from components.trainer.finetuning.config import UnfreezeConfig
from components.training.optimizer import WarmupDecay, adamw


def layer_rates(depths: int, config: UnfreezeConfig) -> list[float]:
    """Computes the highest learning rates.

    Args:
        depths: Number of depths that are trained.
        config: The rate of the topmost, and how it falls.

    Returns:
        A rate a depth, the lowest depth first.

    Example:
        >>> layer_rates(3, UnfreezeConfig(learning_rate=1.0, layer_decay=0.5))
        [0.25, 0.5, 1.0]
    """
    return [config.learning_rate * config.layer_decay**below for below in reversed(range(depths))]


class LayerwiseAdamW(tf.Module):
    """An AdamW a depth, and one for the head, with one clipping of the gradient for all.

    Attributes:
        groups: The variables of each optimizer: depths from below, then the head.
        optimizers: A Keras optimizer a group; what they keep is saved with this module.
    """

    def __init__(
        self,
        depths: Sequence[Sequence[tf.Variable]],
        head: Sequence[tf.Variable],
        config: UnfreezeConfig,
        total_steps: int,
    ) -> None:
        """Makes the optimizers, in the scope of the strategy that trains.

        Args:
            depths: Variables of the encoder that are trained, a list a depth, the lowest first.
            head: Variables of the head that are trained.
            config: Rates, warm-up, decay and clipping.
            total_steps: The step at which the rates are 0 again.
        """
        super().__init__(name="layerwise_adamw")
        self._clip_norm = config.clip_norm
        self.groups = [*map(list, depths), list(head)]
        rates = [*layer_rates(len(depths), config), config.head_learning_rate or config.learning_rate]
        self.optimizers: list[tf_keras.optimizers.Optimizer] = []
        for rate, variables in zip(rates, self.groups, strict=True):
            schedule = WarmupDecay(rate, total_steps, config.warmup_share)
            optimizer = adamw(schedule, config.weight_decay, clip_norm=None)
            optimizer.build(variables)
            self.optimizers.append(optimizer)

    @property
    def targets(self) -> list[tf.Variable]:
        """All variables that are trained."""
        return [variable for group in self.groups for variable in group]

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Takes a step; called on every replica.

        Args:
            gradients: Of this replica's part of the loss, in the order of `targets`, none of them sparse.
        """
        summed = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, list(gradients))
        if self._clip_norm is not None:
            summed, _ = tf.clip_by_global_norm(summed, self._clip_norm)
        remaining = iter(summed)
        for optimizer, group in zip(self.optimizers, self.groups, strict=True):
            pairs = [(next(remaining), variable) for variable in group]
            optimizer.apply_gradients(pairs, skip_gradients_aggregation=True)
