"""The past of a small model, as charts read it."""

from collections.abc import Callable

import pytest
from tests.story import SHOP, Story, story

from vedette.web.history.past import Past


@pytest.fixture(scope="session")
def told() -> Story:
    return story()


@pytest.fixture(scope="session")
def past_of() -> Callable[[Story], Past]:
    """The past of a story."""

    def past_of(told: Story) -> Past:
        state = told.state
        return Past(
            told.live.store,
            told.live.log,
            SHOP,
            state.settings.clocks.widths,
            max(state.fast.closed, state.drift.closed),
            state.plan.baseline,
        )

    return past_of


@pytest.fixture(scope="session")
def past(told: Story, past_of: Callable[[Story], Past]) -> Past:
    return past_of(told)
