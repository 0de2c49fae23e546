"""Send one report to the places where people look; a failure here never changes the verdict."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlgate.errors import PublishError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.ci.github import GitHubRun
    from mlgate.cli.session import Session
    from mlgate.documents.report import Report
    from mlgate.publish.check import CheckRun
    from mlgate.publish.http import GitHubApi
    from mlgate.sources.kept import Kept


@dataclass(slots=True, kw_only=True)
class Posting:
    """How to post.

    Attributes:
        enabled: Whether comment and check run are wanted.
        comment: ``update``, ``recreate``, ``append`` or ``off``.
        when: ``always``, ``changes`` or ``failures``.
        check_name: Name of the check run; empty for none.
        check_url: Where the check run can be read, once it is open.
        comment_url: Where the comment can be read, once it is there.
    """

    enabled: bool = True
    comment: str = "update"
    when: str = "always"
    check_name: str = "mlgate"
    check_url: str = ""
    comment_url: str = ""
    _check: CheckRun | None = field(default=None, init=False)
    _api: GitHubApi | None = field(default=None, init=False)
    _refused: list[str] = field(default_factory=list, init=False)

    def open_check(self, session: Session) -> None:
        """Open the check run before the work, so that a stale red one does not linger."""
        github = session.github
        if github is None or not self.enabled or not self.check_name or not github.token:
            return
        from mlgate.publish.check import CheckRun  # noqa: PLC0415  # imports requests

        check = CheckRun(
            api=self._connection(github),
            repository=github.repository,
            name=self.check_name,
            head_sha=github.subject.head_sha,
            external_id=f"mlgate-{github.run_id}.{github.attempt}-{github.job}"[:200],
            details_url=github.run_url,
        )

        def start() -> None:
            check.start()
            self._check = check

        self._attempt(session, "the check run", start)

    def ask_merge_base(self, session: Session) -> Callable[[str, str], str | None]:
        """Return a question to the forge for shallow clones."""

        def ask(base: str, head: str) -> str | None:
            github = session.github
            if github is None or not github.token:
                return None
            from mlgate.publish.compare import merge_base  # noqa: PLC0415

            try:
                return merge_base(self._connection(github), github.repository, base, head)
            except PublishError as exc:
                session.detail(exc.what)
                return None

        return ask

    def ask_artifact(self, session: Session, name: str) -> Callable[[str], Kept | None]:
        """Return a question to the forge for what a run on a commit uploaded as ``name``."""

        @functools.cache
        def ask(commit: str) -> Kept | None:
            github = session.github
            if github is None or not github.token or not name or github.repository_id is None:
                return None
            from mlgate.publish.artifact import artifact_of  # noqa: PLC0415
            from mlgate.publish.refusal import RefusedError  # noqa: PLC0415
            from mlgate.sources.kept import kept_in_archive  # noqa: PLC0415

            where = f"the artifact {name} of {commit[:7]}"
            session.progress(f"looking for {where}")
            place = github.repository, github.repository_id
            try:
                raw = artifact_of(self._connection(github), *place, name, commit)
                return kept_in_archive(raw, commit, where) if raw is not None else None
            except RefusedError as exc:  # most jobs may not, and most repositories have none
                session.detail(f"{exc.what}: {exc.hint}")
            except (PublishError, SourceError) as exc:
                session.warn(f"{where} was not read: {exc.what}", exc.hint)
            return None

        return ask

    def crashed(self, session: Session, error: BaseException) -> None:
        """Close the check run as failed when there will be no report."""
        check = self._check
        if check is not None:
            self._attempt(
                session, "the check run", lambda: check.__exit__(type(error), error, None)
            )

    def publish(self, session: Session, report: Report) -> None:
        """Post summary, comment and check run."""
        github = session.github
        if github is None:
            return
        session.progress("posting")
        self._attempt(session, "the job summary", lambda: _summary(github, report))
        if not self.enabled:
            return
        if not github.token and (github.subject.pull_request or self.check_name):
            session.warn("there is no token, so nothing is posted; the job summary has the report")
            self._refused.append("the report")
            return
        if github.subject.pull_request and self.comment != "off":
            self._attempt(session, "the comment", lambda: self._comment(session, github, report))
        if self._check is not None:
            self._attempt(session, "the check run", lambda: self._close_check(report))

    def demand(self) -> None:
        """Insist that everything was posted.

        Raises:
            PublishError: something was refused; a warning has said why.
        """
        if self._refused:
            raise PublishError(
                f"--post always: {' and '.join(dict.fromkeys(self._refused))} could not be posted",
                hint="see the warnings above; with --post auto a refusal does not fail the job",
            )

    def close(self) -> None:
        """Close the connections."""
        if self._api is not None:
            self._api.close()

    def _attempt(self, session: Session, what: str, post: Callable[[], None]) -> None:
        """Post; a refusal is a warning with the fix in it, and the verdict stands."""
        import requests  # noqa: PLC0415  # needed for posting anyway

        try:
            post()
        except PublishError as exc:
            session.warn(f"{what} was not posted: {exc.what}", exc.hint)
            self._refused.append(what)
        except requests.RequestException as exc:
            session.warn(f"{what} was not posted: {type(exc).__name__}")
            self._refused.append(what)

    def _connection(self, github: GitHubRun) -> GitHubApi:
        from mlgate.publish.http import GitHubApi  # noqa: PLC0415  # imports requests

        if self._api is None:
            self._api = GitHubApi(base_url=github.api_url, token=github.token)
        return self._api

    def _comment(self, session: Session, github: GitHubRun, report: Report) -> None:
        from mlgate.publish.base import Post  # noqa: PLC0415
        from mlgate.publish.comment import Mode, StickyComment, When  # noqa: PLC0415
        from mlgate.publish.marker import Marker, safe_key  # noqa: PLC0415
        from mlgate.render.markdown import render_comment  # noqa: PLC0415

        comment = StickyComment(
            api=self._connection(github),
            repository=github.repository,
            pull_request=github.subject.pull_request or 0,
            marker=Marker(key=safe_key(report.key), run=github.order, sha=github.subject.head_sha),
            mode=Mode(self.comment),
            when=When(self.when),
            closed=github.subject.closed,
        )
        post = Post(
            body=render_comment(report),
            failed=report.verdict.blocks,
            changed=any(m.change for c in report.comparisons for m in c.metrics),
        )
        published = comment.publish(post)
        self.comment_url = published.url
        for warning in published.warnings:
            session.warn(warning)
        session.detail(f"comment {published.action}: {published.url}")

    def _close_check(self, report: Report) -> None:
        from mlgate.publish.check import Annotation, CheckReport  # noqa: PLC0415
        from mlgate.render.annotations import annotate  # noqa: PLC0415
        from mlgate.render.markdown import render_check  # noqa: PLC0415

        if self._check is None:
            return
        output = render_check(report)
        passed = report.verdict.exit_code == 0
        notes = tuple(
            Annotation(
                path=note.file,
                start_line=note.line,
                end_line=note.line,
                level="failure" if note.level == "error" else "warning",
                message=note.message,
                title=note.title,
            )
            for note in annotate(report)
            if note.file
        )
        done = self._check.complete(
            CheckReport(
                conclusion="success" if passed else "failure",
                title=output.title,
                summary=output.summary,
                text=output.text,
                annotations=notes,
            )
        )
        self.check_url = done.url


def _summary(github: GitHubRun, report: Report) -> None:
    from mlgate.publish.base import Post  # noqa: PLC0415
    from mlgate.publish.files import JobSummary  # noqa: PLC0415
    from mlgate.render.markdown import render_summary  # noqa: PLC0415

    if github.step_summary:
        body = render_summary(report)
        JobSummary(Path(github.step_summary)).publish(Post(body=body))
