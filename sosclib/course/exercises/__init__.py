"""The exercises of all sections."""

from __future__ import annotations

from sosclib.course.checks import Exercise
from sosclib.course.exercises import (
    balancing,
    building,
    cleaning,
    extending,
    first_commands,
    microservices,
    moving,
    own_image,
    own_stack,
    practice,
    registries,
    security,
    stacks,
    storage,
    swarm,
    udocker,
)

EXERCISES: dict[str, Exercise] = {
    one.id: one
    for one in (
        *first_commands.EXERCISES,
        *extending.EXERCISES,
        *cleaning.EXERCISES,
        *registries.EXERCISES,
        *building.EXERCISES,
        *storage.EXERCISES,
        *own_image.EXERCISES,
        *moving.EXERCISES,
        *stacks.EXERCISES,
        *practice.EXERCISES,
        *security.EXERCISES,
        *udocker.EXERCISES,
        *microservices.EXERCISES,
        *swarm.EXERCISES,
        *balancing.EXERCISES,
        *own_stack.EXERCISES,
    )
}
