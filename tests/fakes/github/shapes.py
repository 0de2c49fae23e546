"""People, apps and repositories the way GitHub writes them, every required field included."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from fakes.github.state import GITHUB_ACTIONS

if TYPE_CHECKING:
    from fakes.github.state import Repository, World
    from fakes.github.wire import Json

EPOCH = "2020-01-01T00:00:00Z"
_USER_URLS = {
    "events_url": "/events{/privacy}",
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "organizations_url": "/orgs",
    "received_events_url": "/received_events",
    "repos_url": "/repos",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
}
_REPOSITORY_URLS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def node_id(kind: str, number: int) -> str:
    """Return an opaque GraphQL id."""
    return f"{kind}_{number:012d}"


def stable_id(name: str) -> int:
    """Return an id that depends on nothing but the name."""
    return 41898282 if name == GITHUB_ACTIONS else zlib.crc32(name.encode())


def user(base_url: str, login: str) -> Json:
    """Return a ``simple-user``."""
    url = f"{base_url}/users/{login.replace('[', '%5B').replace(']', '%5D')}"
    number = stable_id(login)
    return {
        "login": login,
        "id": number,
        "node_id": node_id("U", number),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{login.removesuffix('[bot]')}",
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
        **{name: url + suffix for name, suffix in _USER_URLS.items()},
    }


def public_user(base_url: str, login: str) -> Json:
    """Return a ``public-user``."""
    empty = dict.fromkeys(
        ("bio", "blog", "company", "email", "hireable", "location", "name", "twitter_username")
    )
    counts = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
    return {
        **user(base_url, login),
        **empty,
        **counts,
        "user_view_type": "public",
        "created_at": EPOCH,
        "updated_at": EPOCH,
    }


def app(base_url: str, slug: str) -> Json:
    """Return the ``integration`` that a check run belongs to."""
    number = 15368 if slug == "github-actions" else stable_id(slug)
    return {
        "id": number,
        "slug": slug,
        "node_id": node_id("A", number),
        "owner": user(base_url, "github"),
        "name": "GitHub Actions" if slug == "github-actions" else slug,
        "description": "",
        "external_url": f"https://{slug}.example",
        "html_url": f"https://github.com/apps/{slug}",
        "created_at": EPOCH,
        "updated_at": EPOCH,
        "permissions": {"checks": "write", "metadata": "read"},
        "events": ["check_run"],
    }


def minimal_repository(base_url: str, repo: Repository, *, owner: str = "") -> Json:
    """Return a ``minimal-repository``; ``owner`` makes it the fork of that owner."""
    full_name = f"{owner or repo.owner}/{repo.name}"
    url = f"{base_url}/repos/{full_name}"
    number = stable_id(full_name) if owner else repo.id
    return {
        "id": number,
        "node_id": node_id("R", number),
        "name": repo.name,
        "full_name": full_name,
        "private": repo.private,
        "owner": user(base_url, owner or repo.owner),
        "html_url": f"https://github.com/{full_name}",
        "description": None,
        "fork": bool(owner),
        "url": url,
        **{name: url + suffix for name, suffix in _REPOSITORY_URLS.items()},
    }


def repository(world: World, base_url: str, repo: Repository, *, owner: str = "") -> Json:
    """Return a repository with the fields that pull requests and ``GET /repos`` both need."""
    minimal = minimal_repository(base_url, repo, owner=owner)
    host = world.server_url.partition("://")[2]
    page = f"{world.server_url}/{minimal['full_name']}"
    counts = ("forks", "open_issues", "stargazers", "watchers")
    return {
        **minimal,
        "html_url": page,
        "clone_url": f"{page}.git",
        "git_url": f"git://{host}/{minimal['full_name']}.git",
        "ssh_url": f"git@{host}:{minimal['full_name']}.git",
        "svn_url": page,
        **dict.fromkeys(("homepage", "language", "mirror_url", "license")),
        **{f"{name}_count": 0 for name in counts},
        **dict.fromkeys(("forks", "open_issues", "watchers", "size"), 0),
        **dict.fromkeys(("has_issues", "has_projects", "has_wiki", "has_downloads"), True),
        **dict.fromkeys(("has_pages", "has_discussions", "archived", "disabled"), False),
        "visibility": "private" if repo.private else "public",
        "default_branch": repo.default_branch,
        "pushed_at": EPOCH,
        "created_at": EPOCH,
        "updated_at": EPOCH,
    }


def full_repository(world: World, base_url: str, repo: Repository) -> Json:
    """Return a ``full-repository``."""
    return {**repository(world, base_url, repo), "network_count": 0, "subscribers_count": 0}
