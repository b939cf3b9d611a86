"""The allowances that the configuration gives: the items' own, and for each policy what it changes of them."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.codes.check import USUAL
from kiosk.config import Config
from kiosk.config.model import Limit
from kiosk.core.values import Allowance, GroupId, Period

NOTHING: dict[str, Limit] = {}
Policies = Mapping[str, tuple[Allowance, ...]]


def policies_of(config: Config) -> Policies:
    """The allowances by the name of the policy; ``default`` is there in any case. Items that are open have none."""
    own = {
        GroupId(item.limit.group): Allowance(GroupId(item.limit.group), item.limit.limit, Period(item.limit.per))
        for item in config.items
        if item.limit
    }
    changes: dict[str, dict[GroupId, Allowance]] = {
        name: {GroupId(group): Allowance(GroupId(group), to.limit, Period(to.per)) for group, to in policy.items()}
        for name, policy in ({USUAL: NOTHING} | config.policies).items()
    }
    return {name: tuple((own | changes[USUAL] | changed).values()) for name, changed in changes.items()}


def periods_of(policies: Policies) -> frozenset[Period]:
    """All periods that any of them names."""
    return frozenset(allowance.per for allowances in policies.values() for allowance in allowances)
