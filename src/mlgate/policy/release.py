"""What is said of a release, as the configuration says it."""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

import msgspec

from mlgate.policy.section import PathPattern, Pattern, Section
from mlgate.policy.training import Command, duration

ALL: Final = 100
"""Percent."""
Rate = Annotated[float, msgspec.Meta(gt=0, le=1e9)]


class Publication(Section, frozen=True, kw_only=True):
    """A registry of your own, by commands.

    Each is for a shell in the workspace, and finds the folder of the release in `MLGATE_RELEASE`,
    and `MLGATE_NAME`, `MLGATE_VERSION`, `MLGATE_TAG`, `MLGATE_COMMIT` and `MLGATE_DIGEST`, the
    SHA-256 of the model, or of the list of its files where there are several.

    Attributes:
        name: What it is called in messages.
        command: Puts the release there. The same release twice must be no error.
        digest: Prints the SHA-256 of the model that is there for this version, as 64 hexadecimal
            digits; nothing, or `none`, where there is none.
        previous: Prints what is there now under the name that the command changes, such as the
            version behind an alias; it is recorded before the command runs.
    """

    name: Pattern
    command: Command
    digest: Command
    previous: Command | None = None


class Smoke(Section, frozen=True, kw_only=True):
    """What a deployed version must answer before it is trusted.

    Attributes:
        golden: JSON lines, each `{"input": …, "output": …}`: what is asked, and what the released
            model answers. Read at the released commit.
        url: Where every input is sent by POST, as JSON; the answer is JSON.
        command: Instead of `url`: reads the inputs, one JSON a line, from the file `MLGATE_INPUT`
            and prints an answer for each.
        tolerance: How far numbers may be apart, relative to those above one.
        latency: The limit of the 95th percentile of the answers' times, as in `200 ms`; of `url`.
        rounds: How often in a row all answers must be right; one that fails after one that holds
            is flapping, and fails.
        wait: How long it may take until the first round holds.
        timeout: How long one answer may take.
    """

    golden: PathPattern
    url: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    command: Command | None = None
    tolerance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1e-6
    latency: str | float | None = None
    rounds: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    wait: str | float = "2 min"
    timeout: str | float = "30 s"

    def __post_init__(self) -> None:
        if (self.url is None) == (self.command is None):
            raise ValueError("a smoke test names either a `url` or a `command`")
        if self.url is not None and not self.url.startswith(("https://", "http://")):
            raise ValueError("`url` begins with https:// or http://")
        if self.latency is not None and self.url is None:
            raise ValueError("`latency` is of a `url`")
        for given in (self.latency, self.wait, self.timeout):
            if given is not None:
                duration(given)


class Canary(Section, frozen=True, kw_only=True):
    """How the new version gets its traffic, and when that is stopped.

    Attributes:
        shift: Sends `MLGATE_PERCENT` of the traffic to the new version; 0 takes all of it away.
        steps: Percentages, the smallest first; 100 comes after the last.
        metric: Prints how both versions have done since the canary began, as one line of JSON:
            `{"canary": {"bad": 3, "of": 1000}, "stable": {"bad": 20, "of": 9000}}` for events, or
            with `mean`, `sd` and `of` for numbers, of which more is worse.
        margin: How much worse than the stable version it may be, in the unit of the metric: 0.01
            is one event in a hundred.
        confidence: Of the decision, however often the metric is looked at.
        least: Observations of the new version before anything is decided.
        every: How often the metric is looked at.
        timeout: How long one step may stay undecided; then it goes back.
    """

    shift: Command
    metric: Command
    margin: Rate
    steps: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=20)] = (5, 25, 50)
    confidence: Annotated[float, msgspec.Meta(ge=0.5, le=0.9999)] = 0.95
    least: Annotated[int, msgspec.Meta(ge=1)] = 500
    every: str | float = "10 s"
    timeout: str | float = "1 h"

    def __post_init__(self) -> None:
        if not math.isfinite(self.margin):
            raise ValueError("`margin` is a finite number")
        if list(self.steps) != sorted(set(self.steps)) or not all(0 < s < ALL for s in self.steps):
            raise ValueError("`steps` are percentages between 1 and 99 that grow")
        for given in (self.every, self.timeout):
            duration(given)


class Stage(Section, frozen=True, kw_only=True):
    """How a version gets to an environment.

    Commands are for a shell in the workspace, and find in their environment `MLGATE_NAME`,
    `MLGATE_VERSION`, `MLGATE_TAG`, `MLGATE_COMMIT`, `MLGATE_DIGEST`, `MLGATE_STAGE`, the folder
    of the release in `MLGATE_RELEASE`, its model files, one a line, in `MLGATE_MODELS`, and the
    version before in `MLGATE_PREVIOUS`.

    Attributes:
        deploy: Makes the environment serve the version. To go back, it runs with the version
            before, and `MLGATE_ROLLBACK=true`.
        timeout: How long it may take.
        url: Address of the environment, for people.
        smoke: What it must answer then.
        canary: How it gets its traffic.
        protected: Whether it is one that users see; by itself, where it is called `production` or
            `prod`.
    """

    deploy: Command
    timeout: str | float = "30 min"
    url: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    smoke: Smoke | None = None
    canary: Canary | None = None
    protected: bool | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        duration(self.timeout)
        if self.url is not None and not self.url.startswith(("https://", "http://")):
            raise ValueError("`url` begins with https:// or http://")


class ReleaseNotes(Section, frozen=True, kw_only=True):
    """What a release says of the model, and where it goes.

    Attributes:
        card: Markdown that people write: intended use, limits, ethics. It goes into the model card
            as it is.
        license: Of the model, as the Hugging Face Hub names it: `apache-2.0`.
        task: What it does, as the Hub names it: `tabular-classification`.
        library: What loads it, as in `sklearn`.
        datasets: What it was made from, by names that readers know.
        github: Whether `mlgate release publish` makes a GitHub release.
        publish: Other places that it goes to.
        stages: Environments that it is deployed to, by name.
    """

    card: PathPattern | None = None
    license: Pattern | None = None
    task: Pattern | None = None
    library: Pattern | None = None
    datasets: tuple[Pattern, ...] = ()
    github: bool = True
    publish: tuple[Publication, ...] = ()
    stages: dict[str, Stage] = msgspec.field(default_factory=dict)
