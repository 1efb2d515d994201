"""What to paste into a program so that it reports here, by platform."""

from dataclasses import dataclass

_PYTHON = """\
# pip install sentry-sdk
import sentry_sdk

sentry_sdk.init(
    dsn="{dsn}",
    environment="development",
    traces_sample_rate=1.0,
    enable_logs=True,
)
"""
_NEXTJS = """\
// npm install @sentry/nextjs
// instrumentation-client.ts; sentry.server.config.ts is the same without replayIntegration
import * as Sentry from "@sentry/nextjs";

Sentry.init({{
  dsn: "{dsn}",
  environment: "development",
  tracesSampleRate: 1.0,
  enableLogs: true,
  integrations: [Sentry.replayIntegration()],
  replaysSessionSampleRate: 1.0,
  replaysOnErrorSampleRate: 1.0,
}});
"""
_BROWSER = """\
// npm install {package}
import * as Sentry from "{package}";

Sentry.init({{
  dsn: "{dsn}",
  environment: "development",
  integrations: [Sentry.browserTracingIntegration(), Sentry.replayIntegration()],
  tracesSampleRate: 1.0,
  enableLogs: true,
  replaysSessionSampleRate: 1.0,
  replaysOnErrorSampleRate: 1.0,
}});
"""
_NODE = """\
// npm install @sentry/node
// Import this file before all others.
import * as Sentry from "@sentry/node";

Sentry.init({{
  dsn: "{dsn}",
  environment: "development",
  tracesSampleRate: 1.0,
  enableLogs: true,
}});
"""
_ENVIRONMENT = """\
export SENTRY_DSN='{dsn}'
export SENTRY_ENVIRONMENT=development
export SENTRY_URL='{url}'
export SENTRY_ORG='{organization}'
export SENTRY_PROJECT='{project}'
"""
_TRY = """\
curl '{url}/api/{number}/store/?sentry_key={key}' \\
  -H 'content-type: application/json' \\
  -d '{{"level": "error", "message": "It works", "environment": "development"}}'
"""
_BROWSER_PACKAGES = {
    "javascript-react": "@sentry/react",
    "javascript-vue": "@sentry/vue",
    "javascript-angular": "@sentry/angular",
    "javascript-svelte": "@sentry/svelte",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where to report to."""

    dsn: str
    url: str
    organization: str
    project: str
    number: int
    key: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text to paste, and what it is for."""

    title: str
    text: str


def snippets(platform: str | None, target: Target) -> list[Snippet]:
    """The snippets of a project, the one for its platform first."""
    values = {name: getattr(target, name) for name in Target.__slots__}
    platform = platform or ""
    shell = [
        Snippet("Environment", _ENVIRONMENT.format(**values)),
        Snippet("Try it", _TRY.format(**values)),
    ]
    if platform.startswith("python"):
        return [Snippet("Python", _PYTHON.format(**values)), *shell]
    if platform == "javascript-nextjs":
        return [Snippet("Next.js", _NEXTJS.format(**values)), *shell]
    if platform.startswith("node"):
        return [Snippet("Node.js", _NODE.format(**values)), *shell]
    if platform.startswith("javascript"):
        package = _BROWSER_PACKAGES.get(platform, "@sentry/browser")
        return [Snippet("JavaScript", _BROWSER.format(**values, package=package)), *shell]
    return shell
