"""What is said of a release, as the configuration says it."""

from __future__ import annotations

from mlgate.policy.section import PathPattern, Pattern, Section


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
    command: Pattern
    digest: Pattern
    previous: Pattern | None = None


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
    """

    card: PathPattern | None = None
    license: Pattern | None = None
    task: Pattern | None = None
    library: Pattern | None = None
    datasets: tuple[Pattern, ...] = ()
    github: bool = True
    publish: tuple[Publication, ...] = ()
