"""Whether a request that changes something was made by a page of somebody else's.

A browser sends cookies, and reaches loopback, for any page; only its own headers say whose page.
Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from urllib.parse import urlsplit

from starlette.requests import Request

_SAFE = ("GET", "HEAD", "OPTIONS")


def is_foreign(request: Request) -> bool:
    """Whether a page of another origin wants to change something here.

    Programs that are no browsers send none of the headers; what sends `Authorization` shows a
    secret that no foreign page has.
    """
    headers = request.headers
    if request.method in _SAFE or "authorization" in headers:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")
